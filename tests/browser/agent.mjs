// An agent on the page of its execution: its conversation, and a tool that a person must approve.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './model.mjs';
import { ANN } from './stage.mjs';

const ANSWERS = [
  ['I look the customer up first, and see which orders are open.', [['find_customer', { email: 'ada@example.com' }], ['find_customer', { mail: 'ada@example.com' }]]],
  ['Ada paid twice for order 4711: 240 euros are to be paid back.', [['refund', { order: 4711, amount: 240 }]]],
  ['The 240 euros are on their way back. Ada has been told.', undefined],
];

const on = staged(ANSWERS);

const support = () => {
  const text = { type: 'object', required: ['email'], properties: { email: { type: 'string' } } };
  const payment = { type: 'object', required: ['order', 'amount'], properties: { order: { type: 'integer' }, amount: { type: 'integer', maximum: 500 } } };
  const lends = (from, connection) => ({ from, to: 'triage', connection });
  return {
    id: 'support', name: 'Customer support',
    nodes: [
      { id: 'start', name: 'A customer writes', type: 'manual_trigger' },
      { id: 'mind', name: 'Support model', type: 'model', config: { ...on.mind, name: 'support-1' } },
      { id: 'past', name: 'Conversation', type: 'memory', config: { key: '{{ input.customer }}' } },
      { id: 'triage', name: 'Triage', type: 'agent', config: { system_prompt: 'You help customers of a shop. Pay back no more than was paid.', prompt: '{{ input.message }}' } },
      { id: 'find_customer', name: 'Find the customer', type: 'transform', config: { expression: "{'id': 17, 'name': 'Ada Lovelace', 'email': args.email}" }, tool: { description: 'Looks a customer up.', parameters: text } },
      { id: 'refund', name: 'Pay back', type: 'transform', config: { expression: "{'paid': args.amount}" }, tool: { description: 'Pays back.', parameters: payment, require_approval: { when: 'args.amount > 100', assignees: [ANN] } } },
      { id: 'reply', name: 'Reply', type: 'transform', config: { set: { text: '{{ ctx.triage.output.text }}' } } },
    ],
    edges: [{ from: 'start', to: 'triage' }, { from: 'triage', to: 'reply' }, lends('mind', 'ai_language_model'), lends('past', 'ai_memory'), lends('find_customer', 'ai_tool'), lends('refund', 'ai_tool')],
  };
};

test('an agent is read as a conversation, and its tool is allowed with other arguments', async () => {
  const { world } = on;
  let runs = 0;
  await world.inViews('agent', async (page, look, view) => {
    const clean = async () => view.script && assert.deepEqual(await world.serious(page), []);
    const input = { customer: `ada-${runs += 1}`, message: 'I was charged twice for order 4711. Please pay one of them back.' };
    const { execution_id: id } = await world.call('POST', '/v1/executions?wait=20', { workflow: support(), input });
    await page.goto(`${world.url}/executions/${id}?node=triage`);
    await page.getByRole('heading', { name: 'Conversation' }).waitFor();
    await page.locator('.talk .status.waiting_human').waitFor();
    await look('asks');
    await clean();
    if (view.size[0] > 1000) {
      // An agent with all that it uses fits the screen of a laptop: the tool that waits is in sight too.
      const edges = (of) => page.locator(of).evaluate((one) => { const { left, right } = one.getBoundingClientRect(); return [left, right]; });
      const [[left, right], [first], [, last]] = [await edges('.picture .pane'), await edges('#node-start'), await edges('#node-refund')];
      assert.ok(first >= left && last <= right, `${left} ${first} ${last} ${right}`);
    }
    const { items: [asked] } = await world.call('GET', `/v1/interactions?execution_id=${id}`);
    await page.goto(asked.link);
    await page.getByText('Change the arguments, or answer in its place').click();
    await page.getByLabel('Arguments', { exact: true }).last().fill('{"order": 4711, "amount": 501}');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Please correct this' }).waitFor();
    await look('wrong');
    await clean();
    await page.getByLabel('Arguments', { exact: true }).last().fill('{"order": 4711, "amount": 120}');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('Used with these arguments').waitFor();
    await look('allowed');
    await world.call('GET', `/v1/executions/${id}`);
    for (let looks = 0; looks < 100 && (await world.call('GET', `/v1/executions/${id}`)).status !== 'completed'; looks += 1) {
      await new Promise((done) => { setTimeout(done, 50); });
    }
    await page.goto(`${world.url}/executions/${id}?node=triage`);
    await page.getByText('Ada has been told.').first().waitFor();
    await look('done');
    await clean();
    const { items } = await world.call('GET', `/v1/executions/${id}/nodes`);
    const calls = items.find((node) => node.node === 'triage').agent.turns.flatMap((turn) => turn.tool_calls);
    assert.deepEqual(calls.map((one) => one.status), ['succeeded', 'refused', 'succeeded']);
    assert.deepEqual(calls[2].result, { paid: 120 });
    await page.goto(`${world.url}/executions/${id}?node=refund`);
    await page.getByText('it never runs by itself').waitFor();
    await look('tool');
  });
});
