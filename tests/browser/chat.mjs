// A conversation with a workflow: a message whose answer appears as it is given, and a question that is answered in between.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { stage } from './stage.mjs';

const call = (id, name, args) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(args) } });
const ANSWERS = [
  ['Order **O-2** never arrived, so its 250 euros are to go back. I ask for it to be paid.', [call('1', 'pay_back', { order: 'O-2', amount: 250 })]],
  ['It is done: 250 euros are on their way.\n\n- Order: O-2\n- Paid back: 250', undefined],
];

/** A server that speaks OpenAI's protocol, whole or word by word: which answer it gives shows in what was said before. */
const model = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const { messages, stream } = JSON.parse(body);
  const asked = messages.findLastIndex((message) => message.role === 'user');
  const [content, tools] = ANSWERS[messages.slice(asked).filter((message) => message.role === 'assistant').length];
  const usage = { prompt_tokens: 412, completion_tokens: 58 };
  const finish_reason = tools ? 'tool_calls' : 'stop';
  if (!stream) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content, tool_calls: tools }, finish_reason }], usage }));
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const pieces = content.match(/\S+\s*/g).map((word) => ({ content: word }));
  const calls = (tools ?? []).map((one, index) => ({ tool_calls: [{ ...one, index }] }));
  for (const delta of [...pieces, ...calls]) response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
  response.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason }] })}\n\n`);
  response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
});

let world;
before(async () => {
  await new Promise((ready) => { model.listen(0, '127.0.0.1', ready); });
  world = await stage({ STEPWELL_HTTP_ALLOW: `127.0.0.1:${model.address().port}` });
});
after(async () => {
  await world?.end();
  model.close();
});

const assistant = (id) => ({
  id, name: 'Order assistant', description: 'Talks about orders, and pays back after a person has agreed.',
  nodes: [
    { id: 'said', type: 'chat_trigger' },
    { id: 'mind', type: 'model', config: { provider: 'openai_compatible', name: 'm', base_url: `http://127.0.0.1:${model.address().port}/v1` } },
    { id: 'assistant', type: 'agent', config: { prompt: '{{ output.message }}' } },
    { id: 'pay_back', type: 'transform', config: { expression: "{'paid': args.amount}" }, tool: { require_approval: 'args.amount > 100' } },
  ],
  edges: [{ from: 'said', to: 'assistant' }, { from: 'mind', to: 'assistant', connection: 'ai_language_model' }, { from: 'pay_back', to: 'assistant', connection: 'ai_tool' }],
});

test('a conversation is held on its page, with a question in between', async () => {
  let runs = 0;
  await world.inViews('chat', async (page, look, view) => {
    const clean = async () => view.script && assert.deepEqual(await world.serious(page), []);
    const id = `help-${runs += 1}`;
    await world.call('POST', '/v1/workflows', assistant(id));
    await page.goto(`${world.url}/chat/${id}`);
    await page.getByText('Nothing was said yet.').waitFor();
    await look('empty');
    await page.getByLabel('Your message').fill('My order O-2 never came. Please pay it back.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('May the agent call pay_back?').waitFor();
    await look('asks');
    await clean();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.locator('.talk .model .prose').getByText('It is done').waitFor();
    await look('done');
    await clean();
    // The address is that of the session: loaded again, it shows the same.
    assert.match(page.url(), /\?session=/);
    await page.reload();
    await page.getByText('It is done').first().waitFor();
    const session = new URL(page.url()).searchParams.get('session');
    const { items } = await world.call('GET', `/v1/chat/${id}/${session}`);
    assert.deepEqual(items.map((one) => [one.status, one.tool_calls.map((tool) => tool.status)]), [['completed', ['succeeded']]]);
  });
});
