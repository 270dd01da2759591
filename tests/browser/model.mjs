// What stands in for a language model: a server that speaks OpenAI's protocol, whole or word by word.
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { stage } from './stage.mjs';

/** Starts it at any free port. `answer` gets the messages, and gives what is said and which tools are called. */
export async function model(answer) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { messages, stream } = JSON.parse(body);
    const [content, tools] = answer(messages);
    const calls = tools?.map(([name, args], ix) => ({ id: `${messages.length}-${ix}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }));
    const finish_reason = calls ? 'tool_calls' : 'stop';
    const usage = { prompt_tokens: 112 + 300 * messages.length, completion_tokens: 58 };
    if (!stream) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content, tool_calls: calls }, finish_reason }], usage }));
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    const words = content.match(/\S+\s*/g).map((word) => ({ content: word }));
    const called = (calls ?? []).map((one, index) => ({ tool_calls: [{ ...one, index }] }));
    for (const delta of [...words, ...called]) response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
    response.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason }] })}\n\n`);
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  const { port } = server.address();
  return { port, url: `http://127.0.0.1:${port}/v1`, end: () => server.close() };
}

/** The stage for the tests of a file, with a model that gives these answers to each question, in their order. Both are there
 * once its tests run. */
export function staged(answers) {
  const on = { world: undefined, mind: undefined };
  let server;
  before(async () => {
    // Which answer it gives shows in what was said since the question.
    server = await model((messages) => {
      const asked = messages.findLastIndex((message) => message.role === 'user');
      return answers[messages.slice(asked).filter((message) => message.role === 'assistant').length];
    });
    on.mind = { provider: 'openai_compatible', name: 'm', base_url: server.url };
    on.world = await stage({ STEPWELL_HTTP_ALLOW: `127.0.0.1:${server.port}` });
  });
  after(async () => {
    await on.world?.end();
    server?.end();
  });
  return on;
}
