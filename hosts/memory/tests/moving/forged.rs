//! Files that are damaged, or made to harm.

use super::world::*;
use engine::moving::{Piece, Refusal};
use serde_json::{Value, json};

/// Numbers that are always the same, and look like any.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most.max(1)
    }
}

async fn file() -> (stepwell_memory::Memory, stepwell_core::id::ExecutionId, Vec<String>) {
    let there = host();
    let body =
        json!({"nodes": [asks("ask"), requests("b", "b")], "edges": [{"from": "ask", "port": "approved", "to": "b"}]});
    let each = json!({"id": "each", "type": "map", "config": {"items": "[1, 2]", "body": body}});
    let id = ran(&there, &chain("forged", &[requests("a", "a"), makes("m", 300_000), each, asks("asks")])).await;
    let lines =
        exported(&there, &id, 1_000_000).await.iter().map(|piece| serde_json::to_string(piece).unwrap()).collect();
    (there, id, lines)
}

/// Takes lines in. None where one of them was refused.
async fn taken(lines: &[String]) -> Option<stepwell_memory::Memory> {
    let here = host();
    for line in lines {
        let piece = serde_json::from_str::<Piece>(line).ok()?;
        sent(&here, &piece).await.ok()?;
    }
    here.handle_due().await;
    Some(here)
}

#[tokio::test]
async fn whatever_is_changed_in_a_file_it_is_refused_or_harms_nobody() {
    let (there, id, lines) = file().await;
    let mut dice = Dice(7);
    let (mut refused, mut taken_in) = (0, 0);
    for _ in 0..500 {
        let mut forged = lines.clone();
        let at = dice.below(forged.len());
        // Most bytes are those of one long value, so places near the ends are looked for as well.
        let mut bytes = forged[at].clone().into_bytes();
        let place = match dice.below(3) {
            0 => dice.below(bytes.len()),
            1 => dice.below(bytes.len().min(3_000)),
            _ => bytes.len() - 1 - dice.below(bytes.len().min(3_000)),
        };
        match dice.below(5) {
            0 => drop(bytes.remove(place)),
            1 => bytes[place] = b"0123456789abcdefx\"{}[],:"[dice.below(24)],
            2 => bytes.insert(place, b"0123456789\"{}[],:"[dice.below(17)]),
            3 => drop(forged.remove(at)),
            _ => {
                let other = dice.below(forged.len());
                forged.swap(at, other);
            }
        }
        if let Some(line) = forged.get_mut(at).filter(|line| line.len().abs_diff(bytes.len()) <= 1) {
            *line = String::from_utf8_lossy(&bytes).into_owned();
        }
        match taken(&forged).await {
            None => refused += 1,
            Some(here) => {
                taken_in += 1;
                for state in here.all() {
                    assert_eq!(state.started.owner, "here");
                }
            }
        }
    }
    assert!(refused > 300, "{refused} of 500 were refused, {taken_in} taken in");
    // The file as it is goes through.
    let here = taken(&lines).await.unwrap();
    same_past(&there, &here, &id).await;
}

/// The refusal of a file whose first piece was changed.
async fn why(change: impl FnOnce(&mut Value)) -> String {
    let (_, _, lines) = file().await;
    let mut piece: Value = serde_json::from_str(&lines[0]).unwrap();
    change(&mut piece);
    let here = host();
    let refused = sent(&here, &serde_json::from_value(piece).unwrap()).await.unwrap_err();
    assert!(here.all().is_empty(), "nothing is stored");
    assert!(matches!(refused, Refusal::Damaged(_)), "{refused:?}");
    refused.to_string()
}

#[tokio::test]
async fn each_refusal_says_what_is_wrong() {
    assert!(why(|piece| piece["execution_id"] = json!("../x")).await.contains("no id"));
    assert!(why(|piece| piece["turns"][1]["seq"] = json!(7)).await.contains("turn 7 stands"));
    assert!(why(|piece| piece["turns"][1]["extra"] = json!(7)).await.contains("more than this release knows"));
    assert!(why(|piece| piece["turns"][1]["events"][0]["type"] = json!("node_flew")).await.contains("turn 2"));
    assert!(why(|piece| piece["turns"][0]["events"][0]["format"] = json!(2)).await.contains("format"));
    assert!(why(|piece| piece["documents"][0]["name"] = json!("x")).await.contains("document"));
    assert!(why(|piece| piece["documents"] = json!([])).await.contains("is missing"));
    assert!(why(|piece| piece["values"] = json!({})).await.contains("value"));
    assert!(why(|piece| piece["values"]["0000"] = json!(1)).await.contains("no turn refers"));
    let value = |piece: &mut Value| {
        for (_, value) in piece["values"].as_object_mut().unwrap() {
            *value = json!("another");
        }
    };
    assert!(why(value).await.contains("another one"));
    assert!(why(|piece| piece["of"] = json!(1)).await.contains("are not a part"));
}

#[tokio::test]
async fn a_value_of_another_owner_is_not_reached_by_its_name() {
    let (_, _, lines) = file().await;
    let mut piece: Value = serde_json::from_str(&lines[0]).unwrap();
    let name = piece["values"].as_object().unwrap().keys().next().unwrap().clone();
    // The host has the value already, since it was imported before.
    let here = host();
    imported(&here, &lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()).await;
    let text =
        piece.to_string().replace(piece["execution_id"].as_str().unwrap(), "01985f3e-8a51-7c3a-b8f2-6a1e0c9d4b77");
    piece = serde_json::from_str(&text).unwrap();
    piece["values"].as_object_mut().unwrap().remove(&name);
    let refused = sent(&here, &serde_json::from_value(piece).unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains(&name), "{refused}");
}
