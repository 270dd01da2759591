//! Where a sign-in leads.

/// The address on this host that a person wanted to see, relative to that of the sign-in; the first page in place of any
/// that leads elsewhere.
pub(super) fn own_address(wanted: &str) -> String {
    let path = wanted.strip_prefix('/').unwrap_or_default();
    let leads_away = path.starts_with(['/', '\\']) || path.chars().any(|c| c.is_control() || c == '\\');
    if leads_away || path.is_empty() { "./".to_owned() } else { format!("./{path}") }
}

#[cfg(test)]
mod tests {
    use super::own_address;

    #[test]
    fn a_sign_in_leads_to_pages_of_this_host_alone() {
        assert_eq!(own_address("/inbox/7?a=b"), "./inbox/7?a=b");
        for away in
            ["", "/", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
        {
            assert_eq!(own_address(away), "./", "{away:?}");
        }
    }
}
