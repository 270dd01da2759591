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

/// The names of the template's resources of a type.
fn named(template: &str, kind: &str) -> Vec<String> {
    let lines: Vec<&str> = template.lines().collect();
    let is_type = |line: &str| line.trim() == format!("Type: {kind}");
    let named = lines.windows(2).filter(|pair| is_type(pair[1]));
    named.filter_map(|pair| Some(pair[0].strip_prefix("  ")?.strip_suffix(':')?.to_owned())).collect()
}

#[test]
fn every_alarm_is_told_of_and_has_its_runbook() {
    let alarms = named(&read("infra/template.yaml"), "AWS::CloudWatch::Alarm");
    let (aws, operations) = (read("docs/aws.md"), read("docs/operations.md"));
    let runbook = operations.split_once("### Alarms on AWS\n").expect("there is a runbook").1;
    let runbook = runbook.split("\n## ").next().unwrap_or_default();
    let first_cells = |text: &str| {
        let cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
        let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
        names.collect::<BTreeSet<_>>()
    };
    for (place, told) in [("docs/aws.md", first_cells(&aws)), ("docs/operations.md", first_cells(runbook))] {
        let is_told = |alarm: &str| {
            told.iter().any(|name| *name == alarm || name.strip_prefix('…').is_some_and(|end| alarm.ends_with(end)))
        };
        let missing: Vec<_> = alarms.iter().filter(|alarm| !is_told(alarm)).collect();
        assert!(missing.is_empty(), "{place} does not tell of {missing:?}");
    }
    let count = format!("its alarms ({})", alarms.len());
    assert!(aws.contains(&count), "docs/aws.md counts the alarms that a stack pays for: {count}");
}

#[test]
fn alarms_of_throttles_see_every_index() {
    let template = read("infra/template.yaml");
    for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
        let begin = format!("MetricName: {metric}\n");
        let seen: Vec<&str> = template.split(&begin).skip(1).filter_map(|alarm| alarm.lines().next()).collect();
        assert!(seen.iter().any(|line| !line.contains("GlobalSecondaryIndexName")), "{metric} of the table: {seen:?}");
        for index in definition().into_iter().filter_map(|index| index.name) {
            let dimension = format!("GlobalSecondaryIndexName, Value: {index} }}");
            assert!(seen.iter().any(|line| line.contains(&dimension)), "{metric} of {index}: {seen:?}");
        }
    }
}

#[test]
fn every_parameter_does_something_and_is_told() {
    let template = read("infra/template.yaml");
    let (parameters, rest) = template.split_once("\nMappings:\n").expect("mappings follow the parameters");
    let parameters = parameters.split_once("\nParameters:\n").expect("there are parameters").1;
    let names = parameters.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    let names: Vec<&str> = names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).collect();
    assert!(names.len() > 20, "{names:?}");
    let table = read("docs/aws.md");
    for name in names {
        let used = [format!("!Ref {name}"), format!("${{{name}}}")].iter().any(|use_| {
            let ends = |at: usize| !rest[at + use_.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
            rest.match_indices(use_.as_str()).any(|(at, _)| use_.ends_with('}') || ends(at))
        });
        assert!(used, "nothing uses the parameter {name}");
        assert!(table.contains(&format!("`{name}`")), "docs/aws.md does not tell of {name}");
    }
}

/// All resources of the template, by their names: each with its type and its text.
fn resources(template: &str) -> Vec<(String, String, String)> {
    let (_, resources) = template.split_once("\nResources:\n").expect("there are resources");
    let resources = resources.split("\nOutputs:\n").next().unwrap_or_default();
    let mut found: Vec<(String, String, String)> = Vec::new();
    for line in resources.lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
        match name.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())) {
            Some(name) => found.push((name.to_owned(), String::new(), String::new())),
            None => {
                let Some((_, kind, text)) = found.last_mut() else { continue };
                if let Some(told) = line.strip_prefix("    Type: ") {
                    told.clone_into(kind);
                }
                *text += line;
                *text += "\n";
            }
        }
    }
    found
}

/// An update moves what invokes functions from version to version by their aliases; what named the function itself would
/// be moved at once, and would not go back.
#[test]
fn whatever_invokes_a_function_invokes_its_alias() {
    let all = resources(&read("infra/template.yaml"));
    let functions: Vec<&str> =
        all.iter().filter(|one| one.1 == "AWS::Serverless::Function").map(|one| one.0.as_str()).collect();
    assert_eq!(functions.len(), 6);
    let mut invoked = BTreeSet::new();
    for (name, kind, text) in &all {
        for function in &functions {
            let by_alias = format!("!If [Gradually, !Ref {function}Aliaslive, !GetAtt {function}.Arn]");
            // Where `sam local` reads the name, it stands written out.
            let written_out = format!("!If [Gradually, !Ref {function}Aliaslive, !Sub 'arn:");
            let by_itself = text.replace(&by_alias, "").replace(&written_out, "");
            let is_named = [format!("!Ref {function}"), format!("!GetAtt {function}.Arn")];
            let names_itself = is_named.iter().any(|naming| by_itself.contains(naming.as_str()));
            let is_fine = match kind.as_str() {
                // Metrics of a function are those of all its versions.
                "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::Dashboard" => continue,
                "AWS::Lambda::EventInvokeConfig" | "AWS::Lambda::Url" => {
                    !names_itself || text.contains("Qualifier: !If [Gradually, live, ")
                }
                _ => !names_itself,
            };
            assert!(is_fine, "{name} ({kind}) invokes {function} and not its alias");
            if names_itself || by_itself != *text {
                invoked.insert(kind.as_str());
            }
        }
    }
    for kind in [
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Url",
        "AWS::Events::Rule",
        "AWS::ApiGatewayV2::Integration",
        "AWS::Serverless::StateMachine",
        "AWS::IAM::Role",
    ] {
        assert!(invoked.contains(kind), "no {kind} invokes a function: {invoked:?}");
    }
}

/// An update goes back by itself where a function fails or a step becomes a dead letter.
#[test]
fn every_function_has_versions_and_alarms_that_take_an_update_back() {
    let template = read("infra/template.yaml");
    let globals = template.split_once("\nGlobals:\n").expect("there are globals").1;
    let globals = globals.split("\nResources:\n").next().unwrap_or_default();
    assert!(globals.contains("    AutoPublishAlias: live\n"));
    assert!(globals.contains("DeploymentPreference: { Enabled: !Ref GradualDeployment, Type: !Ref DeploymentType }"));
    let all = resources(&template);
    let alarms: BTreeSet<&str> =
        all.iter().filter(|one| one.1 == "AWS::CloudWatch::Alarm").map(|one| one.0.as_str()).collect();
    for (name, _, text) in all.iter().filter(|one| one.1 == "AWS::Serverless::Function") {
        assert!(text.contains("      AutoPublishAliasAllProperties: true\n"), "{name}");
        let errors = format!("{}Errors", name.strip_suffix("Function").unwrap_or(name));
        assert!(alarms.contains(errors.as_str()), "there is no {errors}");
        let told = format!("DeploymentPreference: {{ Alarms: [!Ref {errors}, !Ref DeadLetterAlarm");
        assert!(text.contains(&told), "{name}: {told}");
    }
}

/// `sam local start-api` reads routes only where the first resource that is a function or of an API is of an API, and finds
/// no function by the `Arn` of one whose name is computed. `tests/aws/sam-local.sh` tries both.
#[test]
fn sam_local_finds_the_function_of_each_route() {
    let template = read("infra/template.yaml");
    let first =
        |kind: &str| template.find(&format!("    Type: {kind}\n")).unwrap_or_else(|| panic!("there is no {kind}"));
    assert!(first("AWS::ApiGatewayV2::Api") < first("AWS::Serverless::Function"), "the API comes before the functions");
    let named = |mark: &str, begin: &str| -> Vec<String> {
        let values = template.lines().filter_map(|line| line.trim().strip_prefix(mark));
        let end = |value: &str| match value.split_once(begin) {
            Some((_, name)) => name.trim_end_matches("']").to_owned(),
            None => panic!("{mark}{value}"),
        };
        values.map(end).collect()
    };
    let functions = named("FunctionName: !Sub ", "${AWS::StackName}-");
    let arn = "!Sub 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-";
    let integrated = named("IntegrationUri: ", arn);
    assert_eq!((functions.len(), integrated.len()), (6, 5), "{functions:?}, {integrated:?}");
    let missing: Vec<_> = integrated.iter().filter(|name| !functions.contains(name)).collect();
    assert!(missing.is_empty(), "there is no function {missing:?}");
}
