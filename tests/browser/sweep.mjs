// Every page, with hostile and endless text in every place where a document or a person may put any: it stays text, nothing
// lies on anything else, nothing is wider than the screen, and Tab gets everywhere and out again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOSTILE, LONG, overlaps, plain, tabs } from './looks.mjs';
import { model } from './model.mjs';
import { stage, VIEWS } from './stage.mjs';

/** Who looks: nobody is kept from such a name. */
const WHO = HOSTILE.replace('{{ 1 }}', '').trim();

let world;
let mind;
let pages;
let token;

before(async () => {
  // The model says as little that is harmless as everybody else, and asks for a tool once.
  mind = await model((messages) => messages.some((message) => message.role === 'tool') ? [LONG] : [LONG, [['tool', { [HOSTILE]: LONG }]]]);
  world = await stage({ STEPWELL_HTTP_ALLOW: `127.0.0.1:${mind.port}`, STEPWELL_USER: WHO });
  pages = await everything();
});
after(async () => {
  await world?.end();
  mind?.end();
});

/** The questions of all kinds, each with all the texts that it may have. */
const QUESTIONS = {
  approval: { kind: 'approval', approval_threshold: 2 },
  decision: { kind: 'decision', options: [{ id: 'a', label: LONG }, { id: 'b', label: HOSTILE }] },
  review: { kind: 'review', content: LONG },
  ask: { kind: 'ask' },
  input: {
    kind: 'input',
    schema: {
      type: 'object', title: HOSTILE, description: LONG, required: ['plain'],
      properties: {
        plain: { type: 'string', title: HOSTILE, description: LONG, default: LONG },
        [HOSTILE]: { enum: [LONG, HOSTILE], title: LONG },
        fixed: { const: HOSTILE },
        list: { type: 'array', title: HOSTILE, items: { type: 'string', title: HOSTILE }, default: [LONG, HOSTILE] },
        many: { enum: Array.from({ length: 12 }, (_, ix) => `${ix} ${HOSTILE}`) },
      },
    },
  },
  authorization: { kind: 'authorization', tool: HOSTILE, arguments: { [HOSTILE]: LONG }, security_level: 'high' },
};

/** A workflow that has every part which shows texts of others. */
const troubled = (id) => ({
  id, name: LONG, description: LONG, metadata: { [HOSTILE]: LONG },
  input_schema: { type: 'object', title: HOSTILE, description: LONG, properties: { [HOSTILE]: { type: 'string', title: LONG, description: LONG } } },
  nodes: [
    { id: 'start', name: HOSTILE, type: 'manual_trigger' },
    { id: 'say', name: LONG, type: 'code', config: { code: `console.log(${JSON.stringify(LONG)}); return { [${JSON.stringify(HOSTILE)}]: ${JSON.stringify(LONG)}, list: [${JSON.stringify(HOSTILE)}] }` } },
    { id: 'each', name: HOSTILE, type: 'loop', config: { for_each: 'output.list' } },
    { id: 'step', name: HOSTILE, type: 'transform', config: { expression: 'item' }, compensate: { type: 'transform', config: { set: { [HOSTILE]: HOSTILE } } } },
    { id: 'route', name: HOSTILE, type: 'branch', config: { rules: [{ when: 'false', port: HOSTILE.slice(0, 60) }], default: 'on' } },
    { id: 'below', name: HOSTILE, type: 'map', config: { items: '[1, 2]', body: { nodes: [{ id: 'in', name: LONG, type: 'human', config: { kind: 'ask', question: LONG } }], edges: [] } } },
    { id: 'ask', name: HOSTILE, type: 'human', config: { kind: 'approval', question: LONG, details: LONG, assignees: [WHO, `${HOSTILE.slice(0, 60)}@example.com`] } },
    { id: 'wait', name: HOSTILE, type: 'wait', config: { event: HOSTILE.slice(0, 60) } },
    { id: 'end', name: HOSTILE, type: 'succeed', join: 'any' },
  ],
  edges: [
    { from: 'start', to: 'say' }, { from: 'say', to: 'each' }, { from: 'each', to: 'step', port: 'loop' }, { from: 'step', to: 'each' }, { from: 'each', to: 'route', port: 'done' },
    { from: 'route', to: 'below', port: 'on' }, { from: 'route', to: 'ask', port: 'on' }, { from: 'route', to: 'wait', port: 'on' }, { from: 'route', to: 'end', port: HOSTILE.slice(0, 60) },
    { from: 'below', to: 'end' }, { from: 'ask', to: 'end', port: 'approved' }, { from: 'ask', to: 'end', port: 'rejected' }, { from: 'wait', to: 'end' },
  ],
});

const failing = {
  id: 'failing', name: LONG,
  nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'fails', name: LONG, type: 'fail', config: { code: HOSTILE, message: LONG } }],
  edges: [{ from: 'start', to: 'fails' }],
};

const assistant = {
  id: 'assistant', name: LONG, description: LONG,
  nodes: [
    { id: 'said', name: HOSTILE, type: 'chat_trigger' }, { id: 'mind', name: HOSTILE, type: 'model', config: { provider: 'openai_compatible', name: HOSTILE, base_url: 'MODEL' } },
    { id: 'agent', name: HOSTILE, type: 'agent', config: { system_prompt: LONG, prompt: '{{ output.message }}' } },
    { id: 'tool', name: HOSTILE, type: 'transform', config: { expression: "{'given': args}" }, tool: { description: LONG } },
  ],
  edges: [{ from: 'said', to: 'agent' }, { from: 'mind', to: 'agent', connection: 'ai_language_model' }, { from: 'tool', to: 'agent', connection: 'ai_tool' }],
};

/** Makes all that the pages show, and gives the pages. */
async function everything() {
  const { call } = world;
  const run = async (workflow, more = {}) => (await call('POST', '/v1/executions?wait=20', { workflow, input: { [HOSTILE]: LONG }, metadata: { [HOSTILE.slice(0, 60)]: HOSTILE }, ...more })).execution_id;
  await call('POST', '/v1/workflows', troubled('troubled'));
  await call('POST', '/v1/workflows', { ...troubled('troubled'), description: HOSTILE });
  assistant.nodes[1].config.base_url = mind.url;
  await call('POST', '/v1/workflows', assistant);
  await call('PUT', '/v1/groups/finance', { members: [WHO, 'ben@example.com'] });
  const { execution_id: saved } = await call('POST', '/v1/workflows/troubled/executions?wait=20', { input: { [HOSTILE]: LONG } });
  const [busy, failed] = [await run(troubled('sent')), await run(failing)];
  const { execution_id: paused } = await call('POST', '/v1/workflows/troubled/executions?wait=20', { input: {} });
  await call('POST', `/v1/executions/${paused}/pause`, { reason: LONG });
  const job = await call('POST', '/v1/executions/bulk', { action: 'resume', filter: { status: 'failed' }, reason: LONG });
  const { session_id: session } = await call('POST', '/v1/chat/assistant', { message: LONG });
  const { items: [talk] } = await call('GET', '/v1/executions?workflow_id=assistant');
  const asked = {};
  for (const [kind, config] of Object.entries(QUESTIONS)) {
    asked[kind] = await world.question({ question: kind === 'authorization' ? '' : LONG, details: LONG, assignees: [WHO, `${HOSTILE.slice(0, 60)}@example.com`, 'ben@example.com'], ...config });
  }
  await call('POST', `/v1/interactions/${asked.approval.interaction.interaction_id}/respond`, { approved: true, answer_as: 'ben@example.com', comment: LONG });
  const decided = await world.question({ kind: 'ask', question: LONG, assignees: [WHO] });
  await call('POST', `/v1/interactions/${decided.interaction.interaction_id}/respond`, { text: LONG, comment: LONG });
  const refused = await call('POST', '/v1/executions/bulk', { action: 'retry', filter: { status: 'waiting_human' }, reason: LONG });
  // The last: once there is a token, everybody signs in.
  const made = await call('POST', '/v1/tokens', { name: HOSTILE, subject: WHO, scopes: ['read', 'run', 'respond', 'admin'] });
  token = made.token;
  const here = `/executions/${busy}`;
  const inbox = (question) => `/inbox/${question.interaction.interaction_id}`;
  const list = [
    ['overview', '/'], ['workflows', '/workflows'], ['workflow', '/workflows/troubled'], ['version', '/workflows/troubled?version=1'], ['difference', '/workflows/troubled/difference?from=1&to=2'],
    ['start', '/workflows/troubled/start'], ['delete', '/workflows/troubled/delete'], ['edit', '/workflows/troubled/edit'], ['new', '/new'], ['example', '/new?example=approval'],
    ['executions', '/executions'], ['narrowed', `/executions?workflow=${encodeURIComponent(HOSTILE)}&metadata=${encodeURIComponent(`a=${HOSTILE}`)}`], ['bulk', '/executions/bulk/confirm?action=cancel&status=failed'], ['job', `/jobs/${job.job_id}`], ['job-refused', `/jobs/${refused.job_id}`],
    ['execution', here], ['execution-saved', `/executions/${saved}`], ['execution-failed', `/executions/${failed}`], ['execution-paused', `/executions/${paused}`], ['execution-then', `${here}?at=4`],
    ...['say', 'each', 'step', 'below', 'ask', 'wait'].map((node) => [`node-${node}`, `${here}?node=${node}`]), ['node-fails', `/executions/${failed}?node=fails`],
    ['agent', `/executions/${talk.execution_id}?node=agent`], ['tool', `/executions/${talk.execution_id}?node=tool`],
    ...['pause', 'cancel', 'rollback', `rollback?to=1`, 'backtrack?node=step', 'fork', 'fork?to=1', 'patch'].map((act) => [act.replace(/\W/g, '-'), `${here}/${act}`]),
    ['resume', `/executions/${paused}/resume`], ['retry', `/executions/${failed}/retry`],
    ['inbox', '/inbox'], ['inbox-all', '/inbox?whose=all'], ['inbox-decided', inbox(decided)],
    ['several', `/inbox/several?interaction=${asked.ask.interaction.interaction_id}`],
    ...Object.entries(asked).flatMap(([kind, question]) => [[`inbox-${kind}`, inbox(question)], [`link-${kind}`, new URL(question.link).pathname]]),
    ['operations', '/operations'], ['revoke', `/operations/tokens/${made.id}/revoke`], ['chat', '/chat/assistant'], ['chat-session', `/chat/assistant?session=${session}`], ['nowhere', '/executions/none'], ['sign-in', '/sign-in'],
  ];
  return list.map(([name, path]) => ({ name, path }));
}

/** Does something with every page in some views, signed in, and gathers what is wrong with them. */
const sweep = (name, act, views) => world.inViews(name, async (page, _, view) => {
  const faults = [];
  page.on('dialog', (dialog) => { faults.push('a dialog of others'); dialog.dismiss(); });
  await page.goto(`${world.url}/sign-in`);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  for (const one of pages) {
    await page.goto(world.url + one.path);
    faults.push(...(await act(page, one, view)).map((fault) => `${one.name} ${one.path}: ${fault}`));
  }
  assert.ok(faults.length === 0, `${faults.length} faults:\n${faults.slice(0, 60).join('\n')}`);
}, views);

/** Pages of each kind, which a checker of accessibility looks at too. */
const CHECKED = ['overview', 'workflow', 'edit', 'executions', 'execution-failed', 'node-say', 'inbox', 'inbox-decision', 'link-input', 'operations'];

test('hostile and endless text stays text, and stays in its place, on every page', async () => {
  await sweep('sweep', async (page, { name }, view) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    const faults = wide > view.size[0] ? [`${wide} pixels wide`] : [];
    const serious = view === VIEWS[3] && CHECKED.includes(name) ? await world.serious(page) : [];
    return [...faults, ...serious, ...await plain(page), ...await overlaps(page)];
  });
});

test('Tab gets everywhere on every page, shows where it is, and gets out again', async () => {
  await sweep('tabs', tabs, [VIEWS[0], VIEWS[3]]);
});
