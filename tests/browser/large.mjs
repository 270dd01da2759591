// The large executions whose pages must stay at hand: each is made on a running host, and gives the paths of its pages.

/** Waits until an execution is in one of some states. */
async function comes(call, id, ...wanted) {
  for (let looks = 0; looks < 1_200; looks += 1) {
    const { status } = await call('GET', `/v1/executions/${id}`);
    if (wanted.includes(status)) return;
    await new Promise((done) => { setTimeout(done, 100); });
  }
  throw new Error(`the execution ${id} did not come to ${wanted}`);
}

const start = async (call, workflow, input = {}) => (await call('POST', '/v1/executions', { workflow, input })).execution_id;

/** 300 nodes: a long chain whose nodes run one after another, beside a loop that goes round. All are drawn, and some change. */
async function nodes(call) {
  const STEPS = 296;
  const all = [{ id: 'start', type: 'manual_trigger' }];
  const edges = [];
  for (let at = 0; at < STEPS; at += 1) {
    const waits = at % 10 === 5;
    all.push({ id: `step${at}`, name: `Step ${at} of many`, type: waits ? 'wait' : 'transform', config: waits ? { seconds: 0.4 } : { set: { step: at } } });
    edges.push({ from: at === 0 ? 'start' : `step${at - 1}`, to: `step${at}` });
  }
  all.push({ id: 'each', type: 'loop', config: { while: 'loop.iteration < 400', max_iterations: 400 } }, { id: 'tick', type: 'wait', config: { seconds: 0.05 } }, { id: 'end', type: 'succeed', join: 'any' });
  edges.push({ from: 'start', to: 'each' }, { from: 'each', to: 'tick', port: 'loop' }, { from: 'tick', to: 'each' }, { from: 'each', to: 'end', port: 'done' }, { from: `step${STEPS - 1}`, to: 'end' });
  const id = await start(call, { id: 'many', nodes: all, edges });
  return [`/executions/${id}?fold=each`];
}

/** A loop of 1,000 iterations, now and as it was halfway. */
async function iterations(call) {
  const id = await start(call, {
    id: 'thousand',
    nodes: [
      { id: 'start', type: 'manual_trigger' }, { id: 'each', type: 'loop', config: { while: 'loop.iteration < 1000', max_iterations: 1000 } },
      { id: 'step', type: 'transform', config: { set: { n: '{{ loop.iteration }}' } } }, { id: 'end', type: 'succeed' },
    ],
    edges: [{ from: 'start', to: 'each' }, { from: 'each', to: 'step', port: 'loop' }, { from: 'step', to: 'each' }, { from: 'each', to: 'end', port: 'done' }],
  });
  await comes(call, id, 'completed');
  return [`/executions/${id}`, `/executions/${id}?node=step`, `/executions/${id}?at=500`];
}

/** A map of 10,000 children: while they run, and the node that has them. */
async function children(call) {
  const id = await start(call, {
    id: 'ten-thousand',
    nodes: [
      { id: 'start', type: 'manual_trigger' },
      { id: 'each', type: 'map', config: { items: 'input.items', max_concurrency: 50, body: { nodes: [{ id: 'double', type: 'transform', config: { expression: 'item * 2' } }], edges: [] } } },
      { id: 'end', type: 'succeed' },
    ],
    edges: [{ from: 'start', to: 'each' }, { from: 'each', to: 'end' }],
  }, { items: Array.from({ length: 10_000 }, (_, at) => at) });
  return [`/executions/${id}`, `/executions/${id}?node=each`, `/executions?workflow=ten-thousand`];
}

/** 100 open questions of one execution: its page, the inbox, and the first page. */
async function questions(call) {
  const asks = Array.from({ length: 100 }, (_, at) => `ask${at}`);
  const id = await start(call, {
    id: 'hundred',
    nodes: [{ id: 'start', type: 'manual_trigger' }, ...asks.map((ask) => ({ id: ask, type: 'human', config: { kind: 'ask', question: `What of ${ask}?` } }))],
    edges: asks.map((ask) => ({ from: 'start', to: ask })),
  });
  await comes(call, id, 'waiting_human');
  return [`/executions/${id}`, '/inbox?whose=all', '/'];
}

/** An output of 5 MB: the page of its execution, and its node. */
async function output(call) {
  const id = await start(call, {
    id: 'five-megabytes',
    nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'much', type: 'code', config: { code: "return { rows: Array.from({ length: 50000 }, (_, row) => ({ row, text: 'x'.repeat(80) })) }" } }, { id: 'end', type: 'succeed' }],
    edges: [{ from: 'start', to: 'much' }, { from: 'much', to: 'end' }],
  });
  await comes(call, id, 'completed');
  return [`/executions/${id}`, `/executions/${id}?node=much`];
}

export const LARGE = { '300 nodes': nodes, '1,000 iterations': iterations, '10,000 children': children, '100 open questions': questions, 'an output of 5 MB': output };
