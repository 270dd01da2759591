// A conversation with a workflow: a message whose answer appears as it is given, and a question that is answered in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './model.mjs';

const ANSWERS = [
  ['Order **O-2** never arrived, so its 250 euros are to go back. I ask for it to be paid.', [['pay_back', { order: 'O-2', amount: 250 }]]],
  ['It is done: 250 euros are on their way.\n\n- Order: O-2\n- Paid back: 250', undefined],
];

const on = staged(ANSWERS);

const assistant = (id) => ({
  id, name: 'Order assistant', description: 'Talks about orders, and pays back after a person has agreed.',
  nodes: [
    { id: 'said', type: 'chat_trigger' },
    { id: 'mind', type: 'model', config: on.mind },
    { id: 'assistant', type: 'agent', config: { prompt: '{{ output.message }}' } },
    { id: 'pay_back', type: 'transform', config: { expression: "{'paid': args.amount}" }, tool: { require_approval: 'args.amount > 100' } },
  ],
  edges: [{ from: 'said', to: 'assistant' }, { from: 'mind', to: 'assistant', connection: 'ai_language_model' }, { from: 'pay_back', to: 'assistant', connection: 'ai_tool' }],
});

test('what was not sent stays in the field and says so', async () => {
  const { world } = on;
  await world.call('POST', '/v1/workflows', assistant('away'));
  await world.onPage({}, async (page) => {
    await page.goto(`${world.url}/chat/away`);
    await page.getByLabel('Your message').fill('Are you there?');
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('It was not sent: the host did not answer.').waitFor();
    assert.equal(await page.getByLabel('Your message').inputValue(), 'Are you there?');
    assert.equal(await page.locator('.talk .mine').count(), 0);
  });
});

test('a conversation is held on its page, with a question in between', async () => {
  const { world } = on;
  let runs = 0;
  await world.inViews('chat', async (page, look, view) => {
    const clean = async () => view.script && assert.deepEqual(await world.serious(page), []);
    const id = `help-${runs += 1}`;
    await world.call('POST', '/v1/workflows', assistant(id));
    await page.goto(`${world.url}/chat/${id}`);
    await page.getByText('Nothing has been said yet.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'New conversation' }).count(), 0, 'this is a new one');
    await look('empty');
    await page.getByLabel('Your message').fill('My order O-2 never came. Please pay it back.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('May the agent call pay_back?').waitFor();
    if (view.script) assert.ok(await page.locator('.talk .asks').evaluate((one) => one === document.activeElement), 'what is asked comes first');
    await look('asks');
    await clean();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.locator('.talk .model .prose').getByText('It is done').waitFor();
    await page.getByText(/^Allowed by /).waitFor();
    await look('done');
    await clean();
    // The address is that of the session: loaded again, it shows the same.
    assert.match(page.url(), /\?session=/);
    assert.equal(await page.getByRole('link', { name: 'New conversation' }).getAttribute('href'), `../chat/${id}`);
    await page.reload();
    await page.getByText('It is done').first().waitFor();
    const session = new URL(page.url()).searchParams.get('session');
    const { items } = await world.call('GET', `/v1/chat/${id}/${session}`);
    assert.deepEqual(items.map((one) => [one.status, one.tool_calls.map((tool) => tool.status)]), [['completed', ['succeeded']]]);
    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByText('Nothing has been said yet.').waitFor();
  });
});
