#![allow(clippy::unwrap_used)]
use super::*;

fn allowed(addr: &str) -> bool {
    judge(addr.parse().unwrap(), 80, "example.com", &AllowList::default()).is_ok()
}

#[test]
fn only_public_addresses_may_be_reached() {
    let blocked = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.3",
        "169.254.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:a00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    for addr in blocked {
        assert!(!allowed(addr), "{addr} must be blocked");
    }
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.0",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860:4860::8888",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ];
    for addr in public {
        assert!(allowed(addr), "{addr} must be public");
    }
}

#[test]
fn a_url_is_judged_in_every_spelling_of_an_address() {
    let spellings = [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://0x7f000001/",
        "http://127.0.0.1./",
        "http://169.254.169.254/latest/",
        "http://%31%32%37.0.0.1/",
        "http://１２７.0.0.1/",
        "https://user@10.0.0.1:8443/",
        "http://[fd00:ec2::254]/",
    ];
    for text in spellings {
        let url = Url::parse(text).unwrap();
        assert!(judge_url(&url, &AllowList::default()).is_err(), "{text} must be blocked");
    }
    assert!(judge_url(&Url::parse("http://8.8.8.8/").unwrap(), &AllowList::default()).is_ok());
}

#[test]
fn the_allow_list_opens_what_it_names_and_no_more() {
    let list = "127.0.0.1:9000, 10.0.0.0/8,Example.Internal:8080,[::1]:7000,fd12::/16:443,192.168.1.7,0x7f.2";
    let allow = AllowList::parse(list).unwrap();
    let may = |addr: &str, port, host| judge(addr.parse().unwrap(), port, host, &allow).is_ok();
    assert!(may("127.0.0.1", 9000, "127.0.0.1") && may("127.0.0.1", 9000, "localhost"));
    assert!(may("::ffff:127.0.0.1", 9000, "x") && !may("127.0.0.1", 9001, "127.0.0.1"));
    assert!(may("10.9.8.7", 1, "x") && !may("172.16.0.1", 1, "x"));
    assert!(may("172.16.0.9", 8080, "example.internal.") && !may("172.16.0.9", 80, "example.internal"));
    assert!(!may("172.16.0.9", 8080, "other.internal"));
    assert!(!may("169.254.169.254", 8080, "example.internal"), "a name never opens a metadata service");
    assert!(may("::1", 7000, "::1") && !may("::1", 7001, "::1"));
    assert!(may("fd12::9", 443, "x") && !may("fd13::9", 443, "x"));
    assert!(may("192.168.1.7", 5, "x") && !may("192.168.1.8", 5, "x") && may("127.0.0.2", 1, "x"));
    assert_eq!(allow.ports(), [443, 7000, 8080, 9000]);
    assert_eq!(AllowList::parse("").unwrap(), AllowList::default());
}

#[test]
fn a_wrong_entry_is_refused_with_what_to_write() {
    for text in ["a:b", "10.0.0.0/33", "host:0", "host:70000", "x/8", "*.internal", "a b", "http://x", "u@h", "h/p"] {
        let error = AllowList::parse(text).unwrap_err();
        assert!(error.contains(text) && error.contains("host[:port]"), "{error}");
    }
}

#[test]
fn the_refusal_names_what_the_user_gave_and_how_to_allow_it() {
    let blocked = judge("10.1.2.3".parse().unwrap(), 8080, "db.internal", &AllowList::default()).unwrap_err();
    let failure = Failure::from(blocked);
    assert_eq!(failure.code, "address_not_allowed");
    assert!(failure.message.contains("STEPWELL_HTTP_ALLOW=db.internal:8080"), "{}", failure.message);
    assert!(!failure.message.contains("10.1.2.3"), "{}", failure.message);
}
