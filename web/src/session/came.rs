//! The page that a visitor came from, so that the page of something that was not done leads back there.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::Response,
};

tokio::task_local! {
    static FROM: Option<String>;
}

/// Notes where a request came from while it is answered.
pub async fn came(request: Request, next: Next) -> Response {
    let from = own_page(request.headers(), request.method(), request.uri().path());
    FROM.scope(from, next.run(request)).await
}

/// The address of the page that the visitor came from; none where that is unknown, or no page of this host.
pub fn back() -> Option<String> {
    FROM.try_with(Clone::clone).ok().flatten()
}

/// The path of the page that a browser names as the one before: of this host, and not the one that is asked for. A form may
/// have gone to the address of its own page.
fn own_page(headers: &HeaderMap, method: &Method, asked: &str) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let before: Uri = text(header::REFERER)?.parse().ok()?;
    let is_own = before.authority().map(|host| host.as_str()) == text(header::HOST);
    // A path that begins with two slashes would lead to another host.
    let leads = is_own && !before.path().starts_with("//") && !before.path().ends_with("/sign-in");
    let is_same = *method != Method::POST && before.path().ends_with(asked);
    before.path_and_query().filter(|_| leads && !is_same).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::own_page;
    use axum::http::{HeaderMap, HeaderValue, Method, header};

    #[test]
    fn only_another_page_of_this_host_is_led_back_to() {
        let from = |before: &'static str, method: Method| {
            let headers = [(header::REFERER, before), (header::HOST, "a.example:8080")];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            own_page(&HeaderMap::from_iter(headers), &method, "/executions/many")
        };
        let list = from("http://a.example:8080/executions?time=day", Method::GET);
        assert_eq!(list.as_deref(), Some("/executions?time=day"));
        let own = "http://a.example:8080/executions/many";
        assert_eq!(from(own, Method::POST).as_deref(), Some("/executions/many"), "the page of a form");
        for other in [
            "http://b.example/executions",
            "http://a.example:8080//evil.example",
            "http://a.example:8080/sign-in",
            own,
            "nonsense",
        ] {
            assert_eq!(from(other, Method::GET), None, "{other}");
        }
    }
}
