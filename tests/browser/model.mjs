// A server that speaks OpenAI's protocol, and says what a test has it say.
import { createServer } from 'node:http';

/** Starts it at any free port. `answer` gets the messages, and gives what is said and which tools are called. */
export async function model(answer) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { messages } = JSON.parse(body);
    const [content, tools] = answer(messages);
    const tool_calls = tools?.map(([name, args], ix) => ({ id: `${messages.length}-${ix}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content, tool_calls }, finish_reason: tools ? 'tool_calls' : 'stop' }], usage: { prompt_tokens: 112 + 300 * messages.length, completion_tokens: 58 } }));
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  return { port: server.address().port, url: `http://127.0.0.1:${server.address().port}/v1`, end: () => server.close() };
}
