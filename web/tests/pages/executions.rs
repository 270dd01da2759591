//! The list of executions, what is asked of many, and jobs.

use crate::{
    browser::text,
    visitor::main,
    world::{ANN, World},
};
use serde_json::json;
use stepwell_core::execution::Status;

#[tokio::test]
async fn the_list_is_narrowed_by_what_its_form_sends() {
    let world = World::new();
    let (failed, question) = (world.failing("fetch-prices").await, world.question(json!({"kind": "approval"})).await);
    let visitor = world.visitor().await;
    let all = text(&visitor.get("/executions").await.of(200));
    assert!(all.contains("fetch-prices") && all.contains("? Waiting for people pay"), "{all}");
    for (query, shows) in [
        ("status=failed", true),
        ("status=waiting_human", false),
        ("status=failed,stuck", true),
        ("workflow=fetch-prices&time=day&status=", true),
        ("workflow=pay", false),
        ("metadata=region%3Deu", true),
        ("metadata=region%3Dus", false),
    ] {
        let page = visitor.get(&format!("/executions?{query}")).await.of(200);
        assert_eq!(main(&page).contains(&format!("executions/{failed}")), shows, "{query}");
        let rows = visitor.get(&format!("/executions/rows?{query}")).await.of(200);
        assert_eq!(rows.contains(&format!("./executions/{failed}")), shows, "{query}");
        assert!(!rows.contains("<main"));
    }
    assert_eq!(visitor.get("/executions?status=asleep").await.status, 422);
    // The whole id leads to the execution, its beginning to the rows that have it.
    let exact = visitor.get(&format!("/executions?id={}", question.execution)).await;
    assert_eq!((exact.status, exact.location()), (303, format!("./executions/{}", question.execution).as_str()));
    let begun = visitor.get(&format!("/executions?id={}", &failed[..failed.len() - 1])).await.of(200);
    assert!(main(&begun).contains(&format!("executions/{failed}")));
    assert!(text(&visitor.get("/executions?id=zzz").await.of(200)).contains("No execution of this list has an id"));
    world.pass(std::time::Duration::from_secs(2 * 86_400));
    assert!(text(&visitor.get("/executions?time=day").await.of(200)).contains("No execution is like this"));
}

#[tokio::test]
async fn a_workflow_is_found_by_its_name_too() {
    let world = World::new();
    let document = |id: &str, name: &str| json!({"id": id, "name": name, "nodes": [{"id": "start", "type": "manual_trigger"}], "edges": []});
    world.ask("POST", "/v1/workflows", &document("booking-saga", "Booking saga")).await.of(201);
    let ran = world.ask("POST", "/v1/workflows/booking-saga/executions", &json!({"input": {}})).await.of(202);
    let id = serde_json::from_str::<serde_json::Value>(&ran).unwrap()["execution_id"].as_str().unwrap().to_owned();
    let loose = world.started(document("loose", "Never saved")).await;
    let visitor = world.visitor().await;
    for (typed, found, other) in
        [("booking%20SAGA", &id, &loose), ("booking-saga", &id, &loose), ("never+saved", &loose, &id)]
    {
        let page = visitor.get(&format!("/executions?workflow={typed}")).await.of(200);
        assert!(main(&page).contains(&format!("executions/{found}")), "{typed}");
        assert!(!main(&page).contains(&format!("executions/{other}")), "{typed}");
    }
    // The field is helped by ids and names, and what is asked of all is asked by the id.
    let page = visitor.get("/executions?workflow=Booking+saga").await.of(200);
    assert!(page.contains("<option value=\"booking-saga\">Booking saga</option>"), "{page}");
    assert!(text(&visitor.get("/executions?workflow=nobody").await.of(200)).contains("No execution is like this"));
}

#[tokio::test]
async fn pages_of_the_list_lead_to_older_ones_and_back() {
    let world = World::new();
    for number in 0..60 {
        world.failing(&format!("w{number}")).await;
    }
    let visitor = world.visitor().await;
    let first = visitor.get("/executions").await.of(200);
    let older = crate::browser::addresses(&first).into_iter().find(|address| address.contains("cursor=")).unwrap();
    let older = visitor.get(older.trim_start_matches('.')).await.of(200);
    assert!(first.contains("workflow=w59\"") && !first.contains("workflow=w5\""), "newest first");
    assert!(older.contains("workflow=w5\"") && !older.contains("workflow=w59\""));
    assert!(text(&older).contains("Newest") && !older.contains("rel=\"next\""));
    // What has more than one page can be asked of all of them: of those that a filter finds.
    for (path, offers) in
        [("/executions?status=failed", true), ("/executions?workflow=w1", false), ("/executions", false)]
    {
        let page = visitor.get(path).await.of(200);
        assert_eq!(text(&page).contains("All that match, on every page: Retry all…"), offers, "{path}");
    }
    assert!(first.len() < 100_000, "{} bytes", first.len());
}

#[tokio::test]
async fn what_is_chosen_is_shown_before_it_is_asked() {
    let world = World::new();
    let (one, other) = (world.question(json!({"kind": "approval"})).await, world.failing("fetch").await);
    let visitor = world.visitor().await;
    let chosen =
        [("execution", one.execution.as_str()), ("execution", &other), ("action", "cancel"), ("back", "?time=day")];
    assert_eq!(visitor.forge("/executions/many", &chosen).await.status, 403);
    let page = visitor.send("/executions/many", &chosen).await.of(200);
    let shown = text(&page);
    for part in [
        "Cancel 2 chosen executions?",
        "Cancelling ends executions where they are, and undoes nothing.",
        "1 execution (1 waiting for people) will be cancelled. If its state does not allow it by then, it stays as it is.",
        "The others are left alone, since it does nothing in them: 1 failed.",
        "Reason optional",
        "Cancel 1 execution",
    ] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert_eq!(world.state(&one.execution).status(), Status::WaitingHuman, "nothing was done");
    // The script says of each what it is then, as every list does.
    assert!(page.contains("data-sign=\"⊘\" data-status=\"cancelled\" data-ends>"), "{page}");
    // The form asks those alone in which there is something to do; the way back keeps what was chosen.
    let sent = crate::browser::filled(&page);
    let asked: Vec<_> = sent.iter().filter(|(name, _)| name == "execution").map(|(_, id)| id.as_str()).collect();
    assert_eq!(asked, [one.execution.as_str()]);
    let back = crate::browser::addresses(&page).into_iter().find(|to| to.contains("chosen=")).unwrap();
    let list = visitor.get(back.trim_start_matches("..")).await.of(200);
    assert_eq!((back.contains("time=day"), list.matches(" checked").count()), (true, 2), "{back}");
    let retried = [chosen[0], ("action", "retry")];
    let none = text(&visitor.send("/executions/many", &retried).await.of(200));
    assert!(none.contains("None of those that were chosen"), "{none}");
    // With nothing chosen the list says so, beside the buttons.
    let nothing = visitor.send("/executions/many", &[("action", "cancel"), ("back", "?time=day")]).await;
    assert_eq!((nothing.status, nothing.location()), (303, "../executions?time=day&none=yes"));
    let list = visitor.get("/executions?time=day&none=yes").await.of(200);
    assert!(text(&list).contains("Nothing was chosen."), "{}", text(&list));
    // What would do nothing with what is ticked can be told by each row, and each button says what it does.
    assert!(list.contains("data-can=\"cancel\"") && list.contains("data-can=\"retry\""), "{list}");
    assert!(list.contains("title=\"Redriving sends the messages again at which executions are stuck.\""), "{list}");
    // Of one page everything is chosen in it: there is nothing else to ask of all.
    assert!(text(&list).contains("Cancel chosen…") && !text(&list).contains("Cancel all…"), "{}", text(&list));
}

#[tokio::test]
async fn what_is_confirmed_is_asked_and_what_refuses_says_why() {
    let world = World::new();
    let (one, other) = (world.question(json!({"kind": "approval"})).await, world.failing("fetch").await);
    let visitor = world.visitor().await;
    let confirmed = ("confirmed", "yes");
    let sent = [
        ("execution", one.execution.as_str()),
        ("action", "cancel"),
        ("back", "?workflow=pay"),
        ("reason", "it was a test"),
        confirmed,
    ];
    let done = visitor.send("/executions/many", &sent).await;
    assert_eq!((done.status, done.location()), (303, "../executions?workflow=pay&did=cancel&many=1"));
    assert_eq!(world.state(&one.execution).status(), Status::Cancelled);
    let journal = world.get(&format!("/v1/executions/{}/history", one.execution)).await.text;
    assert!(journal.contains("it was a test"), "{journal}");
    let told = text(&visitor.get("/executions?workflow=pay&did=cancel&many=1").await.of(200));
    assert!(told.contains("1 execution was cancelled."), "{told}");
    // One of two refuses: the page says which, and why.
    let both = [("execution", one.execution.as_str()), ("execution", &other), ("action", "resume"), confirmed];
    let refused = visitor.send("/executions/many", &both).await.of(409);
    let shown = text(&refused);
    assert!(shown.contains("None of 2 executions was resumed") && refused.contains(&other), "{shown}");
    // Each has its name, and a state is called as people call it.
    assert!(
        shown.contains("Execution Why not pay")
            && shown.contains("fetch")
            && shown.contains("Started 31 Jan 2026")
            && !shown.contains("_"),
        "{shown}"
    );
    // The script of the page asks some at a time: the rows of those that refused are all that it is told.
    let some = [("execution", one.execution.as_str()), ("action", "resume"), ("part", "yes"), confirmed];
    let rows = visitor.send("/executions/many", &some).await.of(200);
    assert!(rows.starts_with("<table><tbody><tr data-execution=") && rows.contains(&one.execution), "{rows}");
    assert!(rows.contains(&format!("href=\"../executions/{}\"", one.execution)), "seen from the page: {rows}");
    let unknown = [("execution", other.as_str()), ("action", "delete")];
    assert_eq!(visitor.send("/executions/many", &unknown).await.status, 422);
}

#[tokio::test]
async fn a_job_over_all_is_shown_before_it_is_made_and_then_its_progress() {
    let world = World::new();
    let (one, other) = (world.failing("fetch").await, world.question(json!({"kind": "approval"})).await);
    let visitor = world.visitor().await;
    let confirm = visitor.get("/executions/bulk/confirm?status=failed&action=retry").await.of(200);
    let shown = text(&confirm);
    assert!(shown.contains("1 execution (1 failed) will be retried.") && confirm.contains(&one), "{shown}");
    assert!(!confirm.contains(&other.execution));
    assert_eq!(world.state(&one).status(), Status::Failed, "nothing was done");
    let made =
        visitor.send("/executions/bulk", &[("action", "retry"), ("status", "failed"), ("reason", "once more")]).await;
    assert_eq!(made.status, 303, "{}", text(&made.text));
    let job = made.location().trim_start_matches("..").to_owned();
    let page = text(&visitor.get(&job).await.of(200));
    assert!(page.contains("✓ Done") && page.contains("Retried 1") && page.contains("once more"), "{page}");
    assert!(page.contains("They are running again; the list shows how they end."), "{page}");
    assert!(visitor.get(&format!("{job}/state")).await.of(200).contains("data-over"));
    let listed = text(&visitor.get("/operations").await.of(200));
    assert!(listed.contains("Retry 1 execution"), "{listed}");
    assert!(listed.contains("1 retried") && !listed.contains("1 retried,"), "{listed}");
    let empty = visitor.get("/executions/bulk/confirm?action=retry").await;
    assert_eq!(empty.status, 422, "a job over everything is refused");
    assert!(
        text(&visitor.get("/executions/bulk/confirm?status=paused&action=resume").await.of(200))
            .contains("Nothing to resume")
    );
}

#[tokio::test]
async fn what_starts_after_the_page_was_shown_is_left_alone() {
    let world = World::new();
    let before = world.question(json!({"kind": "approval"})).await;
    let visitor = world.visitor().await;
    let page = visitor.get("/executions/bulk/confirm?status=waiting_human&action=cancel").await.of(200);
    let shown = text(&page);
    assert!(
        shown.contains("Cancel 1 execution?")
            && shown.contains("Whatever starts after this page was made is left alone."),
        "{shown}"
    );
    world.pass(std::time::Duration::from_secs(5));
    let after = world.question(json!({"kind": "approval"})).await;
    let sent = crate::browser::filled(&page);
    let sent: Vec<(&str, &str)> = sent
        .iter()
        .filter(|(name, _)| name != "form_token")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let made = visitor.send("/executions/bulk", &sent).await;
    let job = text(&visitor.get(made.location().trim_start_matches("..")).await.of(200));
    assert!(job.contains("✓ Done") && job.contains("Cancelled 1"), "{job}");
    assert_eq!(world.state(&before.execution).status(), Status::Cancelled);
    assert_eq!(world.state(&after.execution).status(), Status::WaitingHuman, "the page did not show it");
}

#[tokio::test]
async fn a_job_lists_which_executions_did_not_do_it_with_why() {
    let world = World::new();
    let waiting = world.question(json!({"kind": "approval"})).await;
    let visitor = world.visitor().await;
    let made = visitor.send("/executions/bulk", &[("action", "retry"), ("status", "waiting_human")]).await;
    let job = visitor.get(made.location().trim_start_matches("..")).await.of(200);
    let told = text(&job);
    for part in [
        "None was retried",
        "Not retried",
        "! Refused",
        "The execution is waiting for people: only one that failed or was cancelled is retried",
        "Not retried Execution Outcome Why pay",
    ] {
        assert!(told.to_lowercase().contains(&part.to_lowercase()), "{part} is not in: {told}");
    }
    assert!(job.contains(&format!("../executions/{}", waiting.execution)), "{job}");
    // Of as many as a record has no room for, the others are counted.
    for _ in 0..21 {
        world.question(json!({"kind": "approval"})).await;
    }
    let made = visitor.send("/executions/bulk", &[("action", "retry"), ("status", "waiting_human")]).await;
    let told = text(&visitor.get(made.location().trim_start_matches("..")).await.of(200));
    assert!(told.contains("These are the first. 2 others are counted above and not listed."), "{told}");
}

#[tokio::test]
async fn what_goes_on_says_how_long_so_far_and_what_has_ended_how_long_it_took() {
    let world = World::new();
    let (failed, waiting) = (world.failing("fetch").await, world.question(json!({"kind": "approval"})).await);
    world.pass(std::time::Duration::from_secs(3 * 3_600));
    let visitor = world.visitor().await;
    let row = |page: &str, id: &str| {
        let row = page.split("<tr").find(|row| row.contains(&format!("executions/{id}"))).unwrap().to_owned();
        text(&row)
    };
    let list = visitor.get("/executions").await.of(200);
    assert!(row(&list, &waiting.execution).contains("3 h so far"), "{}", row(&list, &waiting.execution));
    assert!(!row(&list, &failed).contains("so far"), "{}", row(&list, &failed));
    assert_eq!(list.matches("data-label=\"took\"").count(), 1, "on a phone no label says that it is over");
}

#[tokio::test]
async fn a_list_whose_rows_can_be_chosen_has_a_box_for_all_of_them_that_only_a_script_shows() {
    let world = World::new();
    world.failing("fetch").await;
    world.question(json!({"kind": "approval"})).await;
    let visitor = world.visitor().await;
    let hidden = "data-every hidden><input type=\"checkbox\" autocomplete=\"off\">All on this page";
    for path in ["/executions", "/inbox?whose=all"] {
        let page = visitor.get(path).await.of(200);
        assert_eq!(page.matches(hidden).count(), 1, "{path}");
        let rows = visitor.get(&path.replace('?', "/rows?").replace("executions", "executions/rows")).await.of(200);
        assert!(!rows.contains("data-every"), "rows that come anew leave it: {path}");
    }
    let reader = world.bearer("acme", ANN, &[api::Scope::Read]).await;
    for path in ["/executions", "/inbox?whose=all"] {
        assert!(!reader.get(path).await.of(200).contains("data-every"), "{path}");
    }
}

#[tokio::test]
async fn whoever_may_only_read_sees_no_control_and_others_see_nothing() {
    let world = World::new();
    let failed = world.failing("fetch").await;
    let reader = world.bearer("acme", ANN, &[api::Scope::Read]).await;
    let page = reader.get("/executions?status=failed").await.of(200);
    assert!(page.contains(&failed) && !page.contains("type=\"checkbox\"") && !page.contains("bulk/confirm"));
    let sent = [("execution", failed.as_str()), ("action", "retry"), ("confirmed", "yes")];
    assert_eq!(reader.send("/executions/many", &sent[..2]).await.status, 403, "it is not even asked");
    assert_eq!(reader.send("/executions/many", &sent).await.status, 409);
    assert_eq!(world.state(&failed).status(), Status::Failed);
    // No page asks for what would be refused.
    for control in ["cancel", "retry", "rollback?to=1", "patch"] {
        let page = reader.get(&format!("/executions/{failed}/{control}")).await.of(403);
        assert!(!page.contains("<form"), "{control}");
    }
    assert!(text(&reader.get("/new").await.of(200)).contains("To run it takes the scope run"));
    let answerer = world.bearer("acme", "bob@example.com", &[api::Scope::Respond]).await;
    assert_eq!(answerer.get("/executions").await.status, 403);
    let stranger = world.bearer("other", ANN, api::Scope::ALL).await;
    let page = stranger.get("/executions").await.of(200);
    assert!(!page.contains(&failed) && text(&page).contains("Nothing has run yet"));
    let found = stranger.get(&format!("/executions?id={failed}")).await.of(200);
    assert!(!found.contains(&format!("executions/{failed}")));
}

#[tokio::test]
async fn the_page_of_what_is_not_there_leads_back_to_where_one_was() {
    let world = World::new();
    let asked = |from: &str| {
        let request = axum::http::Request::get("/executions/none").header("host", "localhost:8080");
        world.send(request.header("referer", from).body(axum::body::Body::empty()).unwrap())
    };
    let page = asked("http://localhost:8080/executions?time=day").await.of(404);
    assert!(page.contains("<a href=\"/executions?time=day\">Back to where you were</a>"), "{page}");
    let page = asked("https://evil.example/executions").await.of(404);
    assert!(!page.contains("Back to where") && page.contains("Go to the overview"), "{page}");
}
