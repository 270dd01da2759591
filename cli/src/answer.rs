//! `stepwell answer INTERACTION|EXECUTION…`: what a person says to a question, or to several that are alike.

use super::{
    Exit, Failure, Globals, Outcome, answer_many,
    client::{Client, escaped, query},
    commands, output,
    pick::{self, pick},
    source,
    tool_name::ToolName,
};
use api::types::{AnswerBody, Execution, Interaction, Page, Responded};
use document::time::Time;
use stepwell_core::interaction::InteractionStatus;

/// The arguments of `stepwell answer`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["approve", "reject", "option", "value", "text", "content"]))]
pub struct Args {
    /// The question, or an execution that asks a single one; the beginning of an id is enough. Several questions that are
    /// alike are answered at once, each by itself
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Say yes to an approval, a review or an authorization
    #[arg(long, conflicts_with = "reject")]
    approve: bool,
    /// Say no to an approval, a review or an authorization
    #[arg(long)]
    reject: bool,
    /// Choose this option of a decision
    #[arg(long, value_name = "ID")]
    option: Option<String>,
    /// Give the data asked for: JSON, @FILE or - for stdin. (`--data` is the data folder, here as everywhere)
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    value: Option<String>,
    /// Give the text asked for
    #[arg(long)]
    text: Option<String>,
    /// Approve a review with edited content: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    content: Option<String>,
    /// Type out the name of the tool, which approving an authorization of the level high takes
    #[arg(long, value_name = "NAME", requires = "approve")]
    tool: Option<String>,
    /// Have the tool of an authorization used with these arguments instead: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", requires = "approve")]
    arguments: Option<String>,
    /// Add a comment in your own words
    #[arg(long)]
    comment: Option<String>,
    /// Answer for this assignee, which is recorded
    #[arg(long = "as", value_name = "EMAIL")]
    answer_as: Option<String>,
}

/// Sends the answer. Exit 1 where it is refused; nothing is changed then.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let began = local::clock();
    let body = body(&args)?;
    let client = Client::open(globals).await?;
    if let [id] = &args.ids[..] {
        return one(globals, client, &args, (id, &body), began).await;
    }
    let asked = async {
        let (mut asked, mut refused) = (Vec::with_capacity(args.ids.len()), Vec::new());
        for (at, id) in args.ids.iter().enumerate() {
            match meant(&client, id, &args, began).await {
                Ok(interaction) => asked.push(interaction),
                Err(failure) if OF_ONE.contains(&failure.code.as_str()) => {
                    refused.push((at, answer_many::refused(id, &failure)));
                }
                Err(failure) => return Err(failure),
            }
        }
        answer_many::send(&client, asked, refused, body).await
    }
    .await;
    let idle = client.idle();
    client.close().await;
    answer_many::tell(globals, &asked.map_err(|failure| advised(failure, &args))?, idle)
}

/// The codes of failures that are about one of several questions: the others are answered all the same.
const OF_ONE: [&str; 6] =
    ["not_found", "ambiguous", "no_open_interaction", "several_open_interactions", "moved_on", "tool_not_named"];

/// The question that somebody means and may answer so.
async fn meant(client: &Client, id: &str, args: &Args, began: Time) -> Result<String, Failure> {
    let interaction = interaction(client, &pick(client, id).await?, began).await?;
    if args.approve {
        named(client, &interaction, args).await?;
    }
    Ok(interaction)
}

/// Answers one question.
async fn one(globals: &Globals, client: Client, args: &Args, (id, body): (&str, &AnswerBody), began: Time) -> Outcome {
    // Whatever fails in here, the data folder is closed below before anything is told.
    let answered = async {
        let interaction = meant(&client, id, args, began).await.map_err(|failure| advised(failure, args))?;
        match client.post(&format!("/v1/interactions/{}/respond", escaped(&interaction)), body).await {
            Ok(answer) => Ok((interaction, answer)),
            Err(failure) if ["invalid_answer", "forbidden"].contains(&failure.code.as_str()) => {
                Err(taught(&client, &interaction, advised(failure, args), globals).await)
            }
            Err(failure) => Err(advised(failure, args)),
        }
    }
    .await;
    let idle = client.idle();
    client.close().await;
    let (interaction, answer) = answered?;
    if globals.json {
        output::json(&answer.0);
        return Ok(Exit::Done);
    }
    // A question with a threshold may need more answers before it is decided.
    let answer: Responded = answer.read()?;
    match answer.decision {
        Some(decision) => output::line(&format!("{interaction} is decided: {decision}")),
        None => output::line(&format!(
            "{interaction} has your answer; {} to go",
            output::counted(answer.responses_needed as usize, "more answer")
        )),
    }
    if let Some(idle) = idle {
        eprintln!("{idle}");
    }
    Ok(Exit::Done)
}

/// Replaces the hint of a failure by one in the words of the command line, where there is a better one.
fn advised(failure: Failure, args: &Args) -> Failure {
    let hint = match failure.code.as_str() {
        "forbidden" if args.answer_as.is_none() => "answer for one of those who are asked with --as EMAIL",
        "not_found" => "`stepwell inbox` lists what waits for an answer",
        _ => return failure,
    };
    failure.with_hint(hint)
}

/// Adds to a refusal of an answer by which commands the question is answered: the API's own words are those of its
/// fields, and not those of this command's options. Whoever may not answer at all is told who may: `--as` is refused too.
async fn taught(client: &Client, interaction: &str, failure: Failure, globals: &Globals) -> Failure {
    let question = client.get(&format!("/v1/interactions/{}", escaped(interaction))).await;
    match question.and_then(|question| question.read::<Interaction>()) {
        Ok(question) => {
            if globals.url.is_none() && commands::is_kept_out(&question) {
                return failure
                    .with_hint(commands::ways(&question, globals, client.idle().is_none()).join("\n").trim_start());
            }
            if failure.code == "forbidden" {
                return match &question.kept_out {
                    Some(requester) if globals.url.is_some() => failure.with_hint(&commands::but_for(requester)),
                    _ => failure,
                };
            }
            let commands = commands::answers(&question, globals).join("\n  or: ");
            failure.with_hint(&format!("{} is answered with: {}", question.kind, output::clean(&commands)))
        }
        Err(_) => failure,
    }
}

/// Makes the request's body of the options that were given.
fn body(args: &Args) -> Result<AnswerBody, Failure> {
    let json = |given: &Option<String>, what| given.as_deref().map(|text| source::input(text, what)).transpose();
    Ok(AnswerBody {
        approved: (args.approve || args.reject).then_some(args.approve),
        data: json(&args.value, "--value")?,
        content: json(&args.content, "--content")?,
        option: args.option.clone(),
        text: args.text.clone(),
        tool: args.tool.clone(),
        arguments: json(&args.arguments, "--arguments")?,
        comment: args.comment.clone(),
        answer_as: args.answer_as.clone(),
    })
}

/// Checks that an approval of a dangerous tool names the tool, so that none is let loose by a slip of the finger.
/// Whether the name is right, the rules check.
async fn named(client: &Client, interaction: &str, args: &Args) -> Result<(), Failure> {
    if args.tool.is_some() {
        return Ok(());
    }
    let question = client.get(&format!("/v1/interactions/{}", escaped(interaction))).await?;
    let about = question.read::<Interaction>()?.authorization;
    let Some(ToolName { shown, .. }) = ToolName::asked(about.as_ref()) else { return Ok(()) };
    let message = format!("{interaction} would let {shown} loose: it is approved only by its name");
    Err(Failure::failed(message, "type the name of the tool with --tool").with_code("tool_not_named"))
}

/// Returns the only open interaction of the execution `id`. Where there is no such execution, `id` is taken to be an
/// interaction's, or the beginning of one.
///
/// On this machine a question that opened after the command `began` is none that its user can have meant: another answer
/// to the execution came in between. (The clock of another machine tells nothing.)
async fn interaction(client: &Client, id: &str, began: Time) -> Result<String, Failure> {
    let of = query(&[("execution_id", Some(id.to_owned())), ("status", Some(InteractionStatus::Pending.to_string()))]);
    let page: Page<Interaction> = client.get(&format!("/v1/interactions{of}")).await?.read()?;
    match page.items.as_slice() {
        [] => asked_by_none(client, id).await,
        [one] if client.is_own() && one.created_at.0 > began => Err(Failure::failed(
            format!("the execution asks another question since this command began: {}", output::clean(&one.question)),
            format!("look at it, and answer it by its own id: {}", one.interaction_id),
        )
        .with_code("moved_on")),
        [one] => Ok(one.interaction_id.clone()),
        several => Err(Failure::failed(
            format!("the execution asks {} questions: {}", several.len(), ids(several).join(", ")),
            "answer each by its own id; `stepwell inbox` shows them",
        )
        .with_code("several_open_interactions")),
    }
}

/// The question that `id` names, or begins. An execution that asks nothing is told apart: it may have been answered, or
/// have ended.
async fn asked_by_none(client: &Client, id: &str) -> Result<String, Failure> {
    match client.get(&format!("/v1/executions/{}", escaped(id))).await.and_then(|found| found.read::<Execution>()) {
        Ok(execution) => Err(Failure::failed(
            format!("execution {} is {}: it asks nothing", execution.execution_id, execution.status),
            "`stepwell inbox` lists what waits for an answer",
        )
        .with_code("no_open_interaction")),
        Err(_) => pick::question(client, id).await,
    }
}

fn ids(questions: &[Interaction]) -> Vec<&str> {
    questions.iter().map(|one| one.interaction_id.as_str()).collect()
}
