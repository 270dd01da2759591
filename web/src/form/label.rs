//! What a field within a form is called, for the list of what is wrong.

use super::{
    field::{Field, Kind},
    name::Name,
};

/// The labels on the way from the outermost field, whose name is `root`, to the one of this name; the name itself where
/// there is none.
pub fn label_of(field: &Field, root: &Name, name: &str) -> String {
    let mut path = Vec::new();
    labels(field, root, name, &mut path);
    if path.is_empty() { name.to_owned() } else { path.join(", ") }
}

/// The labels on the way to a field, without that of the whole.
fn labels(field: &Field, at: &Name, wanted: &str, path: &mut Vec<String>) {
    let inside = |name: &Name| {
        let rest = wanted.strip_prefix(name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match &field.kind {
        _ if wanted == at.as_str() && path.is_empty() => path.push(field.label.clone()),
        Kind::Object(fields) => {
            if let Some(next) = fields.iter().find(|one| inside(&at.member(&one.key))) {
                path.push(next.label.clone());
                labels(next, &at.member(&next.key), wanted, path);
            }
        }
        Kind::List(list) => {
            let rest = wanted.strip_prefix(at.as_str()).and_then(|rest| rest.strip_prefix('.'));
            let row = rest.and_then(|rest| rest.split('.').next()).and_then(|row| row.parse::<usize>().ok());
            if let Some(row) = row {
                path.push(format!("{} {}", list.item.label, row + 1));
                labels(&list.item, &at.row(row), wanted, path);
            }
        }
        Kind::Text(_) | Kind::Number(_) | Kind::Boolean | Kind::Choice(_) => {}
        Kind::Several(_) | Kind::Constant(_) | Kind::Json => {}
    }
}
