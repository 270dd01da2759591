//! The dashboard on AWS: each page is served by the function that the template names, over one session of all of them.

use super::services::eventually;
use serde_json::{Value, json};
use stepwell_tests::cloud::Cloud;

/// A browser without scripts: it keeps the session's cookie.
struct Browser<'a> {
    cloud: &'a mut Cloud,
    cookie: String,
}

struct Page {
    status: u16,
    text: String,
    location: String,
}

impl Browser<'_> {
    async fn send(&mut self, method: &str, path: &str, form: Option<String>) -> Page {
        let mut headers = json!({"cookie": self.cookie});
        if form.is_some() {
            headers["content-type"] = "application/x-www-form-urlencoded".into();
        }
        let (status, answer) = self.cloud.send(method, path, headers, form).await;
        for set in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.cookie = set.split(';').next().unwrap_or_default().to_owned();
            assert!(set.contains("Secure") && set.contains("HttpOnly"), "{set}");
        }
        let text = answer["body"].as_str().unwrap_or_default().to_owned();
        let location = answer["headers"]["location"].as_str().unwrap_or_default().to_owned();
        Page { status, text, location }
    }

    async fn page(&mut self, path: &str) -> String {
        let page = self.send("GET", path, None).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.text
    }

    /// Sends a form of a page with these pairs, and returns where it leads.
    async fn form(&mut self, page: &str, path: &str, pairs: &str) -> String {
        let proof = hidden(&self.page(page).await, "form_token");
        let sent = self.send("POST", path, Some(format!("form_token={proof}&{pairs}"))).await;
        assert_eq!(sent.status, 303, "{path}: {}", sent.text);
        sent.location
    }
}

fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let found = page.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
    found.unwrap_or_else(|| panic!("no {name}: {page}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_starts_decides_and_undoes_by_pages_alone() {
    let mut cloud = Cloud::new("pages").await;
    let document = json!({
        "id": "expense",
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay 5?"}},
            {"id": "paid", "type": "transform", "config": {"expression": "'paid'"}}],
        "edges": [{"from": "go", "to": "ask"}, {"from": "ask", "to": "paid", "port": "approved"}],
    });
    let (status, saved) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!(status, 201, "{saved}");
    let mut browser = Browser { cloud: &mut cloud, cookie: String::new() };
    let away = browser.send("GET", "/executions", None).await;
    assert_eq!((away.status, &*away.location), (303, "./sign-in?next=%2Fexecutions"));
    let to = browser.form("/sign-in", "/sign-in", "token=TOKEN&next=%2Fexecutions").await;
    assert_eq!(to, "./executions");
    // Each of these is served by another function; all know the session.
    for (path, shown) in
        [("/", "Overview"), ("/workflows", "expense"), ("/inbox", "Inbox"), ("/operations", "Operations")]
    {
        assert!(browser.page(path).await.contains(shown), "{path}");
    }
    let to = browser.form("/workflows/expense/start", "/workflows/expense/start", "").await;
    let id = to.rsplit('/').next().unwrap_or_default().to_owned();
    let question = eventually("it asks", async || {
        browser.cloud.step().await;
        let inbox = browser.page("/inbox").await;
        let ids = inbox.split("inbox/").filter_map(|rest| rest.get(..36));
        ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')).map(str::to_owned).next()
    })
    .await;
    let page = format!("/inbox/{question}");
    browser.form(&page, &page, "seen=0&choice=approved").await;
    let path = format!("/executions/{id}");
    eventually("it is over", async || {
        browser.cloud.step().await;
        browser.page(&path).await.contains("Completed").then_some(())
    })
    .await;
    // What would come of a rollback is shown first, and a form of another session does nothing.
    let undo = format!("{path}/rollback");
    let asked = browser.page(&format!("{undo}?to=1")).await;
    assert!(asked.contains("form_token"), "{asked}");
    let forged = browser.send("POST", &undo, Some("form_token=x&to=1".into())).await;
    assert_eq!(forged.status, 403);
}
