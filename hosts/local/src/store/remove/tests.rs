#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::store::schema;
use rusqlite::params;

/// A database with a root that has ended, and `children` of it with `below` each.
fn tree(children: i64, below: i64) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    schema::migrate(&db).unwrap();
    let insert = |run: i64, parent: Option<i64>| {
        db.prepare_cached(
            "INSERT INTO executions(run, id, owner, workflow_id, status, held, started_at, updated_at, completed_at,
             parent, deadline) VALUES (?1, ?2, 'me', 'w', 'cancelled', 0, 0, 0, 1, ?3, 0)",
        )
        .unwrap()
        .execute(params![run, format!("e{run}"), parent])
        .unwrap();
    };
    insert(1, None);
    for child in 0..children {
        let run = 2 + child * (below + 1);
        insert(run, Some(1));
        (1..=below).for_each(|grandchild| insert(run + grandchild, Some(run)));
    }
    db
}

fn left(db: &Connection, of: &str) -> i64 {
    db.query_row(&format!("SELECT count(*) FROM executions WHERE {of}"), [], |row| row.get(0)).unwrap()
}

fn removed(db: &Connection, id: &str) -> Slice {
    slice(db, &id.into()).unwrap_or_else(|_| panic!("it is not removed"))
}

#[test]
fn a_large_family_goes_in_slices_from_which_nothing_is_left_out_of_reach() {
    let db = tree(40, 30);
    let (mut slices, mut gone) = (0, 0);
    loop {
        let slice = removed(&db, "e1");
        assert!(slice.gone.len() <= limits::REMOVED);
        slices += 1;
        gone += slice.gone.len();
        if slice.over {
            break;
        }
        // Were the process to end now, retention would go on: the root is there and due, and all else below it.
        assert_eq!(left(&db, "run = 1 AND expires_at = 0"), 1);
        assert_eq!(left(&db, "run <> 1 AND parent NOT IN (SELECT run FROM executions)"), 0);
    }
    assert_eq!((gone, left(&db, "1")), (1 + 40 * 31, 0));
    assert_eq!(slices, (1 + 40 * 31) / limits::REMOVED + 1);
    assert!(removed(&db, "e1").over, "what is gone is removed already");
}

#[test]
fn a_small_family_goes_at_once_and_leaves_others_alone() {
    let db = tree(3, 2);
    let slice = removed(&db, "e2");
    assert!(slice.over && slice.gone.len() == 3);
    assert_eq!(left(&db, "1"), 7);
}

#[test]
fn a_document_goes_with_the_last_that_uses_it_and_one_that_nobody_ever_used_goes_by_itself() {
    let db = tree(1, 0);
    db.execute_batch(
        "INSERT INTO documents(hash, body) VALUES ('run', ''), ('saved', ''), ('both', ''), ('never', '');
         INSERT INTO document_uses(run, hash) VALUES (1, 'run'), (2, 'both');
         INSERT INTO workflows(owner, id, version, hash, saved_at) VALUES ('me', 'a', 1, 'saved', 0), ('me', 'b', 1, 'both', 0);",
    )
    .unwrap();
    let documents = || -> Vec<String> {
        let mut all = db.prepare("SELECT hash FROM documents ORDER BY hash").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(documents::drop_all_unused(&db).unwrap(), 1);
    assert_eq!(documents(), ["both", "run", "saved"]);
    assert!(removed(&db, "e1").over);
    assert_eq!(documents(), ["both", "saved"]);
}
