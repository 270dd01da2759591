//! API tokens: made, shown once, and revoked.

use crate::{
    answered::see_other,
    assets::COPY,
    desk::{Asked, Refusal, part},
    form::{Faults, Pairs, faults_of, id_of},
    layout::{Place, View, answered, shown, token},
    moment::brief,
    refused::{not_done, refused, why},
    session::{Sent, Visit},
};
use api::{
    Scope,
    types::{NewToken, Page, TokenBody, TokenRow},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::{Markup, html};
use std::time::Duration;

/// How long a token may last: what the form sends, words for people, days.
const LASTS: [(&str, &str, Option<u64>); 4] =
    [("30", "30 days", Some(30)), ("90", "90 days", Some(90)), ("365", "A year", Some(365)), ("", "For ever", None)];

/// What each scope allows.
fn allows(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read everything",
        Scope::Run => "start and control executions",
        Scope::Respond => "answer questions",
        Scope::Admin => "keep workflows, tokens and secrets",
    }
}

/// The list, and the form that makes one.
///
/// # Errors
/// What the API says.
pub async fn tokens(visit: &Visit) -> Asked<Markup> {
    let page = visit.desk.get::<Page<TokenRow>>("/v1/tokens?limit=200").await?;
    let up = &visit.up;
    Ok(html! {
        @if page.items.is_empty() { p.empty { "There is no token. Make one for each program or person that calls this host." } }
        @else {
            div.scroll { table.list.cards {
                thead { tr {
                    th scope="col" { "Name" } th scope="col" { "Whose" } th scope="col" { "May" } th scope="col" { "Ends" }
                    th scope="col" { span.unseen { "What to do" } }
                } }
                tbody { @for row in &page.items { tr {
                    td { bdi { (row.name) } " " br; span.soft { "Id " code { (row.id) } } }
                    td { bdi { (row.subject) } }
                    td { (row.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")) }
                    td { @match &row.expires_at {
                        Some(end) if row.expired => { span.status.failed { span aria-hidden="true" { "✕" } " Ended" } " " (brief(end.0)) }
                        Some(end) => (brief(end.0)),
                        None => span.brief { "never" },
                    } }
                    td { a.button.small href={ (up) "operations/tokens/" (part(&row.id)) "/revoke" }
                        aria-label={ "Revoke " (row.name) } { "Revoke" } }
                } } }
            } }
            @if page.next_cursor.is_some() { p.soft { "The first " (page.items.len()) " tokens are shown." } }
        }
        details.more { summary { "Make a token" } (form(visit, &Pairs::default(), &Faults::default())) }
    })
}

fn form(visit: &Visit, typed: &Pairs, faults: &Faults) -> Markup {
    let text = |name| typed.get(name).unwrap_or_default();
    let chosen = |scope: &str| typed.all("scope").any(|one| one == scope);
    html! {
        form.narrow-form method="post" action={ (visit.up) "operations/tokens" } {
            (token(visit))
            @if visit.caller.local {
                div.verdict.wait { span aria-hidden="true" { "!" }
                    p { "After this, everybody needs a token to sign in. Keep the new one, and let it " (allows(Scope::Admin))
                        ", or nobody can make another here." } }
            }
            div.field { label for="name" { "Name" } input #name name="name" required value=(text("name")) dir="auto"; }
            @let wrong = !faults.of("subject").is_empty();
            div.field.wrong[wrong] id=(id_of("subject")) tabindex="-1" {
                label for="subject" { "Whose it is" } p.hint #subject-hint { "The e-mail address in whose name it acts." }
                (faults_of(faults, "subject"))
                input #subject name="subject" required value=(text("subject")) aria-invalid=[wrong.then_some("true")]
                    autocapitalize="off" spellcheck="false" aria-describedby="subject-hint"; }
            fieldset.field id=(id_of("scope")) tabindex="-1" { legend { "It may" }
                (faults_of(faults, "scope"))
                @for scope in Scope::ALL {
                    label.choice { input type="checkbox" name="scope" value=(scope.as_str()) checked[chosen(scope.as_str())];
                        span { (allows(*scope)) " (" code { (scope.as_str()) } ")" } }
                }
            }
            div.field { label for="lasts" { "It lasts" }
                select #lasts name="lasts" {
                    @for (value, word, _) in LASTS { option value=(value) selected[typed.get("lasts") == Some(value)] { (word) } }
                }
            }
            // Who was told what a first token without this scope means may mean it.
            @if faults.of("scope").is_empty() { div.actions { button.main { "Make the token" } } }
            @else { div.actions { button.main { "Make the token" } button name="sure" value="yes" { "Make it as it is" } } }
        }
    }
}

/// What is wrong with a token that is to be made, before the API is asked.
fn faults(visit: &Visit, pairs: &Pairs) -> Faults {
    let mut faults = Faults::default();
    // Whoever may make none is refused by the API, whatever else is wrong.
    if visit.caller.require(Scope::Admin).is_err() {
        return faults;
    }
    let subject = pairs.get("subject").unwrap_or_default().trim();
    let is_address = subject.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.len() > 1);
    if !is_address || subject.matches('@').count() != 1 || subject.contains(char::is_whitespace) {
        faults.add("subject", "Write an e-mail address.");
    }
    let administers = pairs.all("scope").any(|scope| scope == Scope::Admin.as_str());
    if visit.caller.local && !administers && pairs.get("sure").is_none() {
        let message = format!(
            "This is the first token, and this host asks for one from then on. Without one that may {} nobody can do that in \
             a browser: only the command line on the host's machine makes another.",
            allows(Scope::Admin)
        );
        faults.add("scope", message);
    }
    faults
}

/// The form once more, with what is wrong.
fn again(visit: &Visit, status: StatusCode, pairs: &Pairs, faults: &Faults, told: &Markup) -> Response {
    let label = |name: &str| if name == "subject" { "Whose it is" } else { "It may" }.to_owned();
    let page = html! {
        div.page-head { h1 { "Make a token" } }
        (faults.summary(label))
        (told)
        section.panel { (form(visit, pairs, faults)) }
    };
    answered(visit, status, View { place: Place::Operations, title: "Make a token", scripts: &[], body: page })
}

/// `POST /operations/tokens`. The answer is the page itself: nobody can be shown the token again.
pub async fn make(Sent { visit, pairs }: Sent) -> Response {
    let text = |name| pairs.get(name).unwrap_or_default().trim().to_owned();
    let days = LASTS.iter().find(|(value, ..)| *value == text("lasts"));
    let Some((.., days)) = days else {
        let detail = "choose how long the token lasts";
        return refused(&Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail), &visit.up);
    };
    let faults = faults(&visit, &pairs);
    if !faults.is_empty() {
        return again(&visit, StatusCode::UNPROCESSABLE_ENTITY, &pairs, &faults, &html! {});
    }
    let expires_at = days.map(|days| (visit.now + Duration::from_secs(days * 86_400)).to_string());
    let scopes = pairs.all("scope").map(str::to_owned).collect();
    let body = TokenBody { name: text("name"), subject: Some(text("subject")), scopes, expires_at };
    match visit.desk.post::<NewToken>("/v1/tokens", &body).await {
        Err(refusal) => {
            let told = html! { div.summary role="alert" tabindex="-1" { (why(&refusal)) } };
            again(&visit, refusal.status, &pairs, &Faults::default(), &told)
        }
        Ok(made) => {
            let page = once(&visit, &made);
            shown(&visit, View { place: Place::Operations, title: "A new token", scripts: &[&COPY], body: page })
        }
    }
}

fn once(visit: &Visit, made: &NewToken) -> Markup {
    html! {
        div.page-head { h1 { "A new token" } }
        section.panel {
            div.verdict.wait role="status" { span aria-hidden="true" { "!" }
                p { "Copy it now: it is shown this once, and nobody can be shown it again." } }
            pre.token #token tabindex="0" aria-label="The token" { (made.token) }
            div.actions { button.small type="button" data-copy="token" hidden { "Copy it" } }
            dl.facts {
                dt { "Name" } dd { bdi { (made.name) } }
                dt { "Whose" } dd { bdi { (made.subject) } }
                dt { "May" } dd { (made.scopes.iter().map(|scope| allows(*scope)).collect::<Vec<_>>().join("; ")) }
                dt { "Ends" } dd { @match &made.expires_at { Some(end) => (brief(end.0)), None => "never" } }
            }
            @if visit.caller.local { p { "From now on this host asks for a token: use this one to sign in." } }
            p { a href={ (visit.up) "operations" } { "Back to operations" } }
        }
    }
}

/// `GET /operations/tokens/{id}/revoke`: asks first. It changes nothing.
pub async fn confirm(visit: Visit, Path(id): Path<String>) -> Response {
    ask(&visit, &id, None).await
}

/// The page that asks, with why it was not done.
async fn ask(visit: &Visit, id: &str, refusal: Option<&Refusal>) -> Response {
    let page = visit.desk.get::<Page<TokenRow>>("/v1/tokens?limit=200").await;
    let row = match page {
        Err(refusal) => return refused(&refusal, &visit.up),
        Ok(page) => page.items.into_iter().find(|row| row.id == id),
    };
    let name = row.map_or_else(|| id.to_owned(), |row| row.name);
    let body = html! {
        div.page-head { h1 { "Revoke the token " bdi { (name) } "?" } }
        section.panel {
            p { "Whoever uses it is refused from then on, and is signed out here. This cannot be undone." }
            form method="post" action={ (visit.up) "operations/tokens/" (part(id)) "/revoke" } {
                (token(visit))
                (not_done(refusal, &html! {}))
                div.actions { button.danger { "Revoke it" } a.button href={ (visit.up) "operations" } { "Keep it" } }
            }
        }
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    answered(visit, status, View { place: Place::Operations, title: "Revoke a token", scripts: &[], body })
}

/// `POST /operations/tokens/{id}/revoke`.
pub async fn revoke(Path(id): Path<String>, Sent { visit, .. }: Sent) -> Response {
    match visit.desk.delete(&format!("/v1/tokens/{}", part(&id))).await {
        Err(refusal) => ask(&visit, &id, Some(&refusal)).await,
        Ok(()) => see_other(&format!("{}operations", visit.up)),
    }
}
