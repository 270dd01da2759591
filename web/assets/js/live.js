// The page of an execution: keeps its parts up to date while it runs, and follows the slider over its checkpoints. What
// the parts look like is the server's matter: this puts those in place that have changed.
const page = document.querySelector('.execution');
const travel = document.getElementById('travel');
const told = page.querySelector('[data-told]');
// At most two times a second, so that a phone has time for its reader; and less often where answers take long.
const PAUSE = 500;
const LONGEST = 10_000;
// A stream that is silent for so long has broken off: the host says every 15 seconds that it is there.
const SILENT = 60_000;
// Milliseconds for which parts are put in place before the browser has its turn.
const SLICE = 25;
const texts = new Map();
// What the page is to show: the checkpoint that its reader travelled to, or null while it follows the execution.
let at = new URLSearchParams(location.search).get('at');
// Which question was asked last. An answer to an earlier one comes too late: it is about what is not to be shown any more.
let asked = 0;

const address = () => {
  const query = new URLSearchParams(location.search);
  if (at === null) query.delete('at');
  else query.set('at', at);
  return query;
};

// Where panes stand that somebody has moved. To ask a pane for it would have the whole page laid out in between.
const places = new Map();
document.addEventListener('scroll', ({ target }) => {
  const part = target.matches?.('.pane') && target.closest('[data-part]');
  if (part) places.set(part.id, [target.scrollLeft, target.scrollTop]);
}, { capture: true, passive: true });

// Parts below the screen get their own height once the focus comes near, which moves what has it from where the browser scrolled.
const frame = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Tab') frame(() => document.activeElement !== document.body && document.activeElement.scrollIntoView({ block: 'nearest' }));
});

/** Whether a part is the same as the one that is there. Those of a drawing are as they came; others have changed since. */
function isSame(part, old) {
  if (part.namespaceURI !== document.body.namespaceURI) return old.isEqualNode(part);
  const text = part.outerHTML;
  const before = texts.get(part.id) ?? old.outerHTML;
  texts.set(part.id, text);
  return before === text;
}

/**
 * Puts a part in place of the one that is there, unless it is the same as before. What was unfolded stays so. The element
 * itself stays too: for another in its place the browser would work out the looks of everything around it anew.
 */
function put(part) {
  const old = document.getElementById(part.id);
  if (!old || isSame(part, old)) return;
  const focused = old !== document.activeElement && old.contains(document.activeElement) ? document.activeElement : null;
  const which = focused && [...old.querySelectorAll('a, summary, [tabindex]')].indexOf(focused);
  const open = [...old.querySelectorAll('details')].map((one) => one.open);
  const fresh = document.importNode(part, true);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  old.replaceChildren(...fresh.childNodes);
  old.querySelectorAll('details').forEach((one, ix) => { if (ix in open) one.open = open[ix]; });
  document.dispatchEvent(new CustomEvent('put', { detail: old }));
  const [place, moved] = [places.get(part.id), old.querySelector('.pane')];
  if (place && moved) [moved.scrollLeft, moved.scrollTop] = place;
  if (focused) [...old.querySelectorAll('a, summary, [tabindex]')][which]?.focus({ preventScroll: true });
}

/** Puts the parts in place of what the page is to show; false where the host did not give them, null where that is another by now. */
async function show() {
  asked += 1;
  const mine = asked;
  const query = address();
  const answer = await fetch(`${page.dataset.here}/live?${query}`, { signal: AbortSignal.timeout(SILENT) }).catch(() => undefined);
  if (mine !== asked) return null;
  if (!reached(answer)) return false;
  // Other pages are drawn before this one.
  if (answer.status === 204) return undefined;
  const text = await answer.text().catch(() => '');
  if (mine !== asked) return null;
  const parts = new DOMParser().parseFromString(text, 'text/html').getElementById('parts');
  // It broke off on its way.
  if (!parts) return reached();
  // In slices, so that a finger that scrolls is never kept waiting. A later answer puts all of its own in place.
  let begun = performance.now();
  for (const part of parts.querySelectorAll('[data-part]')) {
    put(part);
    if (performance.now() - begun < SLICE) continue;
    await new Promise((done) => setTimeout(done));
    if (mine !== asked) return null;
    begun = performance.now();
  }
  const flow = parts.querySelector('svg.flow');
  const shown = document.querySelector('.execution svg.flow');
  // A workflow that was changed has another picture: its boxes do not stand where those of the page do.
  if (flow && shown && flow.dataset.of !== shown.dataset.of) location.replace(`?${query}`);
  const newest = Number(parts.dataset.newest);
  const slider = travel.elements.at;
  slider.max = newest;
  slider.value = at ?? newest;
  travel.querySelector('output').textContent = `${slider.value} of ${newest}`;
  return parts;
}

let due = false;
let moved = false;
let last = 0;
let pause = PAUSE;
let waits = PAUSE;

/** Brings the page up to date soon, once for however much happens until then, and after what is being asked. */
function soon() {
  moved = true;
  if (due || at !== null) return;
  due = true;
  setTimeout(follow, Math.max(0, last + pause - Date.now()));
}

async function follow() {
  moved = false;
  last = Date.now();
  // Nobody who travels in time is brought back, also where that began after this was due.
  if (at === null && !document.hidden) moved = !await isDrawn() || moved;
  due = false;
  if (moved) soon();
}

/** Whether the page shows how it is now, or need not any more. */
async function isDrawn() {
  const before = page.querySelector('#head .status')?.textContent;
  const asking = performance.now();
  const shown = await show();
  if (shown === null) return true;
  if (shown === false) {
    pause = LONGEST / 2;
    return false;
  }
  // Not at the same moment as all others who were told the same, and the less often the more look.
  if (shown === undefined) {
    waits = Math.min(2 * waits, LONGEST / 2);
    pause = waits * (0.5 + Math.random());
    return false;
  }
  waits = PAUSE;
  pause = Math.min(LONGEST, Math.max(PAUSE, performance.now() - asking));
  const now = page.querySelector('#head .status')?.textContent;
  if (now && now !== before) told.textContent = now;
  return true;
}

let after = page.dataset.after;

/** Reads the stream of moves to the execution's end, from where it broke off, until it is told to stop. */
async function listen(left) {
  let wait = 2 * PAUSE;
  while (!left.aborted) {
    const over = new AbortController();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => over.abort(), SILENT);
    };
    heard();
    const address = `${page.dataset.here}/events?after=${after}`;
    const signal = AbortSignal.any([left, over.signal]);
    try {
      const answer = await fetch(address, { signal });
      if (reached(answer)) {
        wait = 2 * PAUSE;
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let rest = '', part = await reader.read(); !part.done; part = await reader.read()) {
          heard();
          const lines = (rest + part.value).split('\n');
          rest = lines.pop();
          for (const line of lines) {
            if (line.startsWith('id: ')) after = line.slice(4);
            if (line.startsWith('event: ')) soon();
            if (line === 'event: end') return;
            // A stream outlives the session that opened it. Who asks for its head alone learns whether that still holds.
            if (line.startsWith(':')) fetch(address, { method: 'HEAD', signal }).then(reached, () => {});
          }
        }
      }
    } catch { /* The host is away, or the page is left: it is asked again, or no more. */
      if (!left.aborted) reached();
    } finally { clearTimeout(silence); }
    await new Promise((done) => setTimeout(done, wait));
    if (gone) wait = Math.min(LONGEST / 2, 2 * wait);
  }
}

// Only while somebody looks: of one host a browser keeps six connections, which pages behind others would use up.
let stream;
function watch() {
  stream?.abort();
  if (document.hidden) return;
  stream = new AbortController();
  listen(stream.signal);
}

if (page.dataset.live) {
  watch();
  const again = () => {
    watch();
    if (!document.hidden) soon();
  };
  document.addEventListener('visibilitychange', again);
  addEventListener('pagehide', () => stream?.abort());
  // A browser may show a page again as it was left.
  addEventListener('pageshow', ({ persisted }) => persisted && again());
}

// The slider: the button is for those without a script.
travel.querySelector('button').hidden = true;
let moving;
travel.elements.at.addEventListener('input', ({ target: { value, max } }) => {
  // What was asked before is not to be shown any more.
  asked += 1;
  at = value;
  travel.querySelector('output').textContent = `${value} of ${max}`;
  clearTimeout(moving);
  moving = setTimeout(go, 60);
});

async function go() {
  const parts = await show();
  if (parts) history.replaceState(null, '', `?${address()}`);
  // A host that is away is asked again.
  if (parts === false) moving = setTimeout(go, LONGEST / 2);
}

travel.addEventListener('submit', (event) => event.preventDefault());
