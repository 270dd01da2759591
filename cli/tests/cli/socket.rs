//! Tests of the data folder's socket: how commands reach a server that asks others for a token.

use crate::support::{Home, signal, until};
use std::{
    io::{BufRead, BufReader},
    process::Child,
};

/// A server that listens, and its address.
fn dev(home: &Home) -> (Child, String) {
    let mut child = home.spawn(&["dev", "--port", "0"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("stepwell listens on ").unwrap().to_owned();
    (child, url)
}

#[test]
fn commands_of_the_same_user_need_no_token() {
    let home = Home::new();
    let socket = home.path(".stepwell/socket");
    let (mut child, url) = dev(&home);
    home.run(&["ls", "--url", &url]).exits(0);
    let told =
        home.run(&["token", "create", "--name", "ci", "--subject", "ci@example.com", "--scopes", "read"]).exits(0);
    let token = told.out.trim().to_owned();
    // Others need one from now on, and this folder's commands do not, whatever token they have for elsewhere.
    let told = home.run(&["ls", "--url", &url]).exits(1);
    assert!(told.err.contains("stepwell token create"), "{told:?}");
    home.run(&["ls", "--url", &url, "--token", &token]).exits(0);
    home.run(&["ls", "--url", &url, "--token", "sw_no"]).exits(1);
    home.run(&["ls"]).exits(0);
    home.run(&["token", "create", "--name", "more", "--subject", "ci@example.com", "--scopes", "read"]).exits(0);
    home.say(&["secret", "set", "A"], "x").exits(0);
    // One that is killed leaves its socket behind, and the next one listens all the same.
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert!(socket.exists());
    home.run(&["ls"]).exits(0);
    let (mut child, url) = dev(&home);
    home.run(&["ls", "--url", &url]).exits(1);
    home.run(&["ls"]).exits(0);
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    until("the socket goes", || !socket.exists());
}

#[test]
fn a_server_without_a_socket_says_so_and_is_reached_by_its_address() {
    let home = Home::new();
    home.say(&["secret", "set", "A"], "x").exits(0);
    std::fs::write(home.path(".stepwell/socket"), "mine").unwrap();
    let (child, _) = dev(&home);
    home.run(&["ls"]).exits(0);
    home.run(&["token", "create", "--name", "ci", "--subject", "ci@example.com", "--scopes", "read"]).exits(0);
    home.run(&["ls"]).exits(1);
    signal(&child, "-TERM");
    let told = crate::support::Told::of(child.wait_with_output().unwrap());
    assert!(told.err.contains("has no socket"), "{told:?}");
    assert_eq!(std::fs::read(home.path(".stepwell/socket")).unwrap(), b"mine");
}
