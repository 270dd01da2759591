// What stands in for a language model: a server that speaks OpenAI's protocol, whole or word by word.
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { stage } from './stage.mjs';

/** A tool call of an answer. */
export const call = (id, name, args) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(args) } });

/** A model that gives these answers to each question, in their order: which one it gives shows in what was said since. */
function model(answers) {
  return createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { messages, stream } = JSON.parse(body);
    const asked = messages.findLastIndex((message) => message.role === 'user');
    const said = messages.slice(asked).filter((message) => message.role === 'assistant').length;
    const [content, tools] = answers[said];
    const usage = { prompt_tokens: 412 + 300 * said, completion_tokens: 58 };
    const finish_reason = tools ? 'tool_calls' : 'stop';
    if (!stream) {
      const message = { role: 'assistant', content, tool_calls: tools };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ model: 'm', choices: [{ message, finish_reason }], usage }));
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    const pieces = content.match(/\S+\s*/g).map((word) => ({ content: word }));
    const calls = (tools ?? []).map((one, index) => ({ tool_calls: [{ ...one, index }] }));
    for (const delta of [...pieces, ...calls]) response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
    response.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason }] })}\n\n`);
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  });
}

/** The stage for the tests of a file, with a model that gives these answers. Both are there once its tests run. */
export function staged(answers) {
  const server = model(answers);
  const on = { world: undefined, mind: undefined };
  before(async () => {
    await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
    const { port } = server.address();
    on.mind = { provider: 'openai_compatible', name: 'm', base_url: `http://127.0.0.1:${port}/v1` };
    on.world = await stage({ STEPWELL_HTTP_ALLOW: `127.0.0.1:${port}` });
  });
  after(async () => {
    await on.world?.end();
    server.close();
  });
  return on;
}
