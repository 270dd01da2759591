//! The table that the store creates for tests is the one that the template deploys.

use crate::docs::read;
use ::aws::store::definition;
use std::collections::BTreeSet;

/// All values of `name: value` in a text, whether on lines of their own or within braces.
fn values(text: &str, name: &str) -> Vec<String> {
    let mark = format!("{name}: ");
    let found = text.split(&mark).skip(1);
    let ends = [',', ' ', '}', ']', '\n'];
    found.map(|rest| rest.split(ends).next().unwrap_or_default().to_owned()).collect()
}

/// The part of a template that describes the first resource of a type, up to the next resource.
fn resource<'a>(template: &'a str, kind: &str) -> &'a str {
    let at = template.find(&format!("    Type: {kind}\n")).unwrap_or_else(|| panic!("there is no {kind}"));
    let rest = &template[at..];
    let mut end = rest.len();
    let mut offset = 0;
    for line in rest.split_inclusive('\n').skip(1) {
        offset += line.len();
        let is_next = line.starts_with("  ") && !line.starts_with("   ") && !line.trim_start().starts_with('#');
        if is_next {
            end = offset;
            break;
        }
    }
    &rest[..end]
}

#[test]
fn tests_and_deployment_have_one_table() {
    let template = read("infra/template.yaml");
    let table = resource(&template, "AWS::DynamoDB::Table");
    let (own, indexes) = table.split_once("GlobalSecondaryIndexes:").expect("it has indexes");
    let keys = own.split_once("KeySchema:").expect("it has keys").1;
    let names = |keys: &str| (values(keys, "AttributeName"), values(keys, "KeyType"));
    let mut deployed = BTreeSet::from([(String::new(), names(keys), String::new())]);
    for index in indexes.split("IndexName: ").skip(1) {
        let name = index.split_whitespace().next().unwrap_or_default().to_owned();
        let keys = index.split_once("KeySchema:").expect("it has keys").1;
        let (keys, held) = keys.split_once("Projection:").expect("it says what it holds");
        deployed.insert((name, names(keys), values(held, "ProjectionType")[0].clone()));
    }
    let types = vec!["HASH".to_owned(), "RANGE".to_owned()];
    let created = definition().into_iter().map(|index| {
        let held = index.name.map_or("", |_| if index.keys_only { "KEYS_ONLY" } else { "ALL" });
        let keys = vec![index.hash.to_owned(), index.range.to_owned()];
        (index.name.unwrap_or_default().to_owned(), (keys, types.clone()), held.to_owned())
    });
    assert_eq!(deployed, created.collect());
    assert_eq!(values(table, "AttributeType"), vec!["S"; 8], "keys are text");
    let ttl = table.split_once("TimeToLiveSpecification:").expect("items may vanish").1;
    assert_eq!(values(ttl, "AttributeName")[0], "ttl");
    assert_eq!(values(table, "BillingMode"), ["PAY_PER_REQUEST"]);
}
