// The page of a conversation: sends messages and answers without leaving it, and shows what is said as it is said. What a
// part looks like once it is said is the server's matter: this puts the server's part in place at the end.
const chat = document.querySelector('.chat');
const say = document.getElementById('say');
let busy = false;

/** An element of the conversation with a text in it. */
function part(kind, text) {
  const item = document.createElement('li');
  item.className = kind;
  const words = document.createElement('p');
  words.className = 'plain';
  words.dir = 'auto';
  words.textContent = text;
  item.append(words);
  return [item, words];
}

function list() {
  const talk = document.getElementById('talk');
  let all = talk.querySelector('ol');
  if (!all) {
    all = document.createElement('ol');
    all.className = 'talk chat-talk';
    talk.replaceChildren(all);
  }
  return all;
}

function add(kind, text) {
  const [item, words] = part(kind, text);
  list().append(item);
  item.scrollIntoView({ block: 'nearest' });
  return words;
}

/** Puts the conversation in place as the server has it. */
async function refresh(session) {
  const address = `${chat.dataset.here}?${new URLSearchParams({ session })}`;
  const answer = await fetch(address, { credentials: 'same-origin' });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of ['chat-ways', 'talk', 'say', 'chats']) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old && fresh) old.replaceWith(document.importNode(fresh, true));
  }
  history.replaceState(null, '', address);
  document.getElementById('talk').dispatchEvent(new CustomEvent('put', { bubbles: true, detail: document.getElementById('talk') }));
  listen();
  document.getElementById('talk').lastElementChild?.lastElementChild?.scrollIntoView({ block: 'nearest' });
}

/** Reads server-sent events of a response, each as its name and data. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split('\n\n');
    text = whole.pop();
    for (const one of whole) {
      const found = /^event: (.*)\ndata: (.*)$/m.exec(one);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}

/** Tells what happens until the end or a question. Returns the session. */
async function follow(response) {
  let session = null;
  const said = new Map();
  for await (const [name, data] of events(response)) {
    if (name === 'start') session = data.session_id;
    if (name === 'delta') {
      const key = `${data.node} ${data.turn}`;
      if (!said.has(key)) said.set(key, add('model', ''));
      const words = said.get(key);
      words.textContent = data.again ? '' : words.textContent + data.text;
      words.scrollIntoView({ block: 'nearest' });
    }
    if (name === 'tool_call') add('call', `${data.name} …`);
  }
  return session;
}

async function send(form, button) {
  if (busy) return;
  busy = true;
  const data = new FormData(form, button);
  const message = form.elements.message;
  form.querySelectorAll('button').forEach((one) => { one.disabled = true; });
  const mine = message && add('mine', message.value).parentElement;
  const waits = add('model waits', '…');
  // What the host did not take stays in the field, and is no part of the conversation.
  const untaken = (why) => {
    mine?.remove();
    waits.parentElement.className = 'told';
    waits.textContent = why;
  };
  let taken = false;
  try {
    const body = new URLSearchParams(data);
    const response = await fetch(`${chat.dataset.here}/stream`, { method: 'POST', body, credentials: 'same-origin' });
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      const lost = 'It was not sent: you are not signed in any more. Copy it, and load the page again.';
      untaken(response.status === 401 ? lost : problem.detail ?? 'It was not sent. Copy it, and load the page again.');
      return;
    }
    taken = true;
    if (message) message.value = '';
    const session = await follow(response);
    waits.parentElement.remove();
    if (session) await refresh(session);
  } catch {
    if (taken) {
      waits.parentElement.className = 'told';
      waits.textContent = 'The connection broke. What was said is kept: load the page again.';
    } else untaken('It was not sent: the host did not answer. Send it again: it counts once.');
  } finally {
    busy = false;
    document.querySelectorAll('.chat form button').forEach((one) => { one.disabled = false; });
    // What is asked comes before the next message.
    (document.querySelector('.talk .asks') ?? document.getElementById('message'))?.focus({ preventScroll: true });
  }
}

function listen() {
  for (const form of document.querySelectorAll('#say, .chat form.answer')) {
    if (form.dataset.listens) continue;
    form.dataset.listens = 'yes';
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      send(form, event.submitter);
    });
  }
  // Enter sends; with Shift it begins a line.
  document.getElementById('message')?.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    document.getElementById('say').requestSubmit();
  });
}

if (chat && say) listen();
