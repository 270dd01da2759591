//! What SAM makes of `GradualDeployment`: by which CodeDeploy moves each function's alias bit by bit, and takes an update back
//! where an alarm goes off. Whether CodeDeploy does so only an account tells; what it is told is read here.

use crate::docs::root;
use serde_json::{Value, json};
use std::process::Command;

/// The functions, as the template names them.
const FUNCTIONS: [&str; 6] = ["Trigger", "Step", "Callback", "Status", "Rollback", "Supervisor"];

/// The resources that SAM makes of the template with these parameters.
fn translated(parameters: &[&str]) -> Value {
    let python = root().join(".cache/infra/sam/bin/python");
    let mut command = Command::new(python);
    command.args(["tests/aws/translated.py", "infra/template.yaml"]).args(parameters).current_dir(root());
    let done = command.output().unwrap_or_else(|error| panic!("infra/tool.sh sam installs it: {error}"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice::<Value>(&done.stdout).unwrap()["Resources"].take()
}

/// The names of the alarms that a group of deployments looks at, on AWS.
fn alarms(group: &Value) -> Vec<String> {
    let name = |alarm: &Value| {
        let name = alarm["Name"]["Fn::If"].get(1).unwrap_or(&alarm["Name"]);
        name["Ref"].as_str().unwrap_or_else(|| panic!("{alarm}")).to_owned()
    };
    group["AlarmConfiguration"]["Alarms"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn each_alias_moves_bit_by_bit_and_goes_back_where_an_alarm_goes_off() {
    for kind in ["Canary10Percent5Minutes", "Linear10PercentEvery1Minute"] {
        let made = translated(&["GradualDeployment=true", &format!("DeploymentType={kind}")]);
        for name in FUNCTIONS {
            let (function, group) = (format!("{name}Function"), format!("{name}FunctionDeploymentGroup"));
            let alias = &made[format!("{function}Aliaslive")];
            assert_eq!(
                alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"],
                json!(group)
            );
            let version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0].as_str().unwrap();
            assert_eq!(made[version]["Type"], json!("AWS::Lambda::Version"), "{function}");
            assert_eq!(made[version]["DeletionPolicy"], json!("Retain"), "the one before is there to go back to");
            let group = &made[group]["Properties"];
            assert_eq!(group["DeploymentStyle"]["DeploymentOption"], json!("WITH_TRAFFIC_CONTROL"));
            assert_eq!(group["DeploymentConfigName"]["Fn::Sub"][1]["ConfigName"], json!(kind), "{function}");
            assert_eq!(group["AutoRollbackConfiguration"]["Enabled"], json!(true));
            let events = group["AutoRollbackConfiguration"]["Events"].as_array().unwrap();
            for event in ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] {
                assert!(events.contains(&json!(event)), "{function}: {events:?}");
            }
            assert_eq!(group["AlarmConfiguration"]["Enabled"], json!(true));
            let alarms = alarms(group);
            let expected: &[&str] = match name {
                "Step" => &["StepErrors", "DeadLetterAlarm", "StepReturns", "ApiAlarm"],
                "Supervisor" => &["SupervisorErrors", "DeadLetterAlarm"],
                _ => &[&format!("{name}Errors"), "DeadLetterAlarm", "ApiAlarm"],
            };
            assert_eq!(alarms, expected);
            for alarm in &alarms {
                assert_eq!(made[alarm]["Type"], json!("AWS::CloudWatch::Alarm"), "{function}: {alarm}");
            }
            // The first looks at what Lambda counts of all versions of this function, the new one among them.
            let errors = &made[&alarms[0]]["Properties"];
            assert_eq!((&errors["Namespace"], &errors["MetricName"]), (&json!("AWS/Lambda"), &json!("Errors")));
            assert_eq!(errors["Dimensions"], json!([{ "Name": "FunctionName", "Value": { "Ref": function } }]));
        }
    }
}

/// An alarm that comes when the last bit has moved takes nothing back.
#[test]
fn alarms_go_off_within_the_time_that_a_deployment_takes() {
    let made = translated(&["GradualDeployment=true"]);
    for name in FUNCTIONS {
        for alarm in alarms(&made[format!("{name}FunctionDeploymentGroup")]["Properties"]) {
            let alarm = &made[&alarm]["Properties"];
            assert!(alarm["Period"].as_u64().is_some_and(|seconds| seconds <= 300), "{alarm}");
            assert_eq!(alarm["EvaluationPeriods"], json!(1), "one period is enough: {alarm}");
            assert_eq!(alarm["ComparisonOperator"], json!("GreaterThanThreshold"), "{alarm}");
        }
    }
}

/// What `step` hands back is no error of Lambda, so that one alarm counts it: by the name and dimensions of the metric that
/// each invocation writes.
#[test]
fn what_step_hands_back_is_counted_by_the_metric_that_it_writes() {
    let made = translated(&[]);
    let alarm = &made["StepReturns"]["Properties"];
    assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&json!("Stepwell"), &json!("returned")));
    assert!(crate::docs::read("docs/aws.md").contains("| `steps`, `returned` |"));
    let names: Vec<&Value> = alarm["Dimensions"].as_array().unwrap().iter().map(|one| &one["Name"]).collect();
    assert_eq!(names, [&json!("stack"), &json!("function")]);
}

#[test]
fn without_it_nothing_is_moved_bit_by_bit() {
    let made = translated(&[]);
    let all = made.as_object().unwrap();
    assert!(all.values().all(|one| !one["Type"].as_str().unwrap().starts_with("AWS::CodeDeploy::")));
    let aliases = all.values().filter(|one| one["Type"] == json!("AWS::Lambda::Alias"));
    assert!(aliases.clone().count() == 6 && aliases.clone().all(|alias| alias["UpdatePolicy"].is_null()));
}
