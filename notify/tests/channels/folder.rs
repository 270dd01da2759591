//! Mails in a folder.

use crate::letters::mail;
use document::time::Time;
use engine::port::{Letter, Notifier};
use std::{os::unix::fs::PermissionsExt, path::PathBuf};
use stepwell_core::interaction::delivery::Told;
use stepwell_notify::{Channels, Given};

fn folder(name: &str) -> (PathBuf, Channels) {
    let path = std::env::temp_dir().join(format!("stepwell-mails-{}-{name}", std::process::id()));
    let given = Given { mail_folder: Some(path.clone()), ..Given::default() };
    (path, Channels::read(|_| None, given).unwrap())
}

#[tokio::test]
async fn a_mail_becomes_a_file_for_its_user_alone_and_takes_its_own_place() {
    // Given a folder that is not there yet.
    let (path, channels) = folder("once");
    let letter = Letter { now: Time(1_800_000_000_000), ..mail() };
    // When a mail is sent, and once more since nobody knows whether it was.
    let told = channels.send(&letter).await;
    let read = || std::fs::read(path.join(format!("{}.eml", letter.id))).unwrap();
    let first = read();
    assert_eq!(channels.send(&letter).await, told);
    // Then there is one file with the same bytes, and its name is what the message is called.
    assert_eq!(read(), first);
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "nothing else is left");
    assert_eq!(told, Told::Sent { reference: Some(format!("<{}@localhost>", letter.id)) });
    // And nobody else may read the link in it.
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(path.clone()), mode(path.join(format!("{}.eml", letter.id)))), (0o700, 0o600));
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn a_folder_that_was_removed_is_made_again() {
    let (path, channels) = folder("removed");
    std::fs::remove_dir_all(&path).unwrap();
    assert!(matches!(channels.send(&mail()).await, Told::Sent { .. }));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told_and_another_try_may_help() {
    let (path, channels) = folder("gone");
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::write(&path, "a file").unwrap();
    let Told::Failed { error, .. } = channels.send(&mail()).await else { panic!("it was written") };
    assert!(error.contains(&path.display().to_string()), "{error}");
}
