//! Credentials that no secret holds, and secrets that may be sent nowhere or anywhere.

use crate::support::*;

#[tokio::test]
async fn credentials_of_any_origin_do_not_follow_a_redirect_to_another_server() {
    // Given a server that redirects to another, and a request with literal credentials.
    let other = Server::new(|_| response(200, "", "elsewhere")).await;
    let port = other.port;
    let server = Server::new(move |path| match path {
        "/out" => redirect(302, &format!("http://127.0.0.1:{port}/")),
        "/in" => redirect(302, "/there"),
        _ => response(200, "", "here"),
    })
    .await;
    let nodes = nodes("127.0.0.1");
    let credentials = [
        "Authorization",
        "Cookie",
        "X-Api-Key",
        "Api-Key",
        "apikey",
        "X-Auth-Token",
        "Private-Token",
        "X-Goog-Api-Key",
        "Ocp-Apim-Subscription-Key",
        "X_Secret",
        "X-Amz-Security-Token",
        "X-Session-Id",
    ];
    let mut http = get(&server.url("/out"));
    http.headers = credentials.iter().map(|name| ((*name).to_owned(), "l1teral".to_owned())).collect();
    http.headers.extend([("X-Plain".into(), "stays".into()), ("X-Author".into(), "ann".into())]);
    // When it follows to the other server, then they stay behind, and what is no credential goes along.
    assert_eq!(output(run_for(&nodes, copy(&http), 5.0).await)["body"], "elsewhere");
    let seen = other.seen().pop().unwrap().to_lowercase();
    assert!(!seen.contains("l1teral"), "{seen}");
    assert!(seen.contains("x-plain: stays") && seen.contains("x-author: ann"), "{seen}");
    assert!(
        seen.contains("idempotency-key:") || !server.seen()[0].to_lowercase().contains("idempotency-key:"),
        "{seen}"
    );
    // When it follows within its server, then they go along.
    http.url = server.url("/in");
    assert_eq!(output(run_for(&nodes, http, 5.0).await)["body"], "here");
    let seen = server.seen().pop().unwrap();
    assert_eq!(seen.matches("l1teral").count(), credentials.len(), "{seen}");
}

#[tokio::test]
async fn no_hosts_are_nowhere_and_a_star_is_anywhere() {
    let server = Server::new(|_| response(200, "", "ok")).await;
    let nodes = nodes("127.0.0.1");
    for (hosts, goes) in [(&[][..], false), (&["*"], true), (&["api.example.com", " * "], true)] {
        let mut http = get(&server.url("/"));
        http.headers = vec![("X-Key".into(), "s3cr3t".into())];
        let mut one = secret("KEY", "s3cr3t", hosts);
        one.hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        http.secrets = vec![one];
        let outcome = run_for(&nodes, http, 5.0).await;
        if goes {
            assert_eq!(output(outcome)["status"], 200, "{hosts:?}");
        } else {
            assert_eq!(failed(outcome).code, "secret_not_allowed", "{hosts:?}");
        }
    }
}
