// What is looked for on every page: whether texts of others stayed texts, whether anything lies on anything else, and
// whether the keyboard gets everywhere.

/** What tests put wherever a document or a person may put text. Whoever takes it for HTML renames the page. */
export const HOSTILE = `</textarea></script><script>document.title = 'taken'</script><img src=x onerror="document.title = 'taken'">'"\u202Eevil\u2066 🦊👩‍👩‍👧 {{ 1 }} `;
/** The same with 10,000 characters, most of them a word that nothing breaks. */
export const LONG = HOSTILE + 'unbroken'.repeat(1250).slice(0, 10_000 - HOSTILE.length);

/** Lays out all of a page. Else parts below the screen are, once somebody comes near them: a picture of a page does not. */
export const layOut = (page) => page.evaluate(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { content-visibility: visible !important; }');
  document.adoptedStyleSheets = [sheet];
});

/** Says where a text of others did not stay a text, or turned the text beside it around. */
export const plain = (page) => page.evaluate(() => {
  const faults = [];
  if (/^taken/.test(document.title)) faults.push('a script of others ran');
  const foreign = [...document.querySelectorAll('img, iframe, object, embed, [onerror], [onload]')];
  const scripts = [...document.querySelectorAll('script')].filter((one) => !/\/assets\//.test(one.src));
  for (const one of [...foreign, ...scripts]) faults.push(`an element of others: ${one.outerHTML.slice(0, 80)}`);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    // What opens an isolate closes it, and nothing closes that of its element: else it would turn around what follows.
    let open = 0;
    for (const one of text.data) {
      if (/[\u2066-\u2068]/.test(one)) open += 1;
      if (one === '\u2069') open -= 1;
      if (open < 0) break;
    }
    if (open !== 0 && !text.parentElement.closest('textarea, title, option')) faults.push(`does not keep its direction to itself: ${text.data.replace(/(unbroken)+/g, '…').slice(0, 120)}`);
    if (!text.data.includes('\u202e') || text.parentElement.closest('svg, option, textarea, title')) continue;
    // The nearest element that keeps a change of direction within itself, or the paragraph in which it ends.
    let around = text.parentElement;
    const keeps = (one) => /isolate|plaintext/.test(getComputedStyle(one).unicodeBidi);
    const isLine = (one) => /^inline$|^contents$/.test(getComputedStyle(one).display);
    while (!keeps(around) && isLine(around)) around = around.parentElement;
    if (keeps(around)) continue;
    const after = document.createRange();
    after.setStartAfter(text);
    after.setEndAfter(around.lastChild);
    // In a block of their own the words after it are not turned around.
    const turned = [...around.childNodes].some((one) => after.intersectsNode(one) && one.textContent.trim() && (one.nodeType === 3 || isLine(one)) && !one.contains(text));
    if (turned) faults.push(`turned around: ${around.outerHTML.replace(/(unbroken)+/g, '…').slice(0, 200)}`);
  }
  return faults;
});

/** Says which texts and controls lie on each other, as far as somebody sees them. */
export const overlaps = (page) => layOut(page).then(() => page.evaluate(() => {
  const [LEAST_WIDTH, LEAST_HEIGHT] = [3, 5];
  const boxes = [];
  const hidden = '.unseen, .skip, script, style, noscript, template, title, option, [hidden], dialog:not([open]), defs';
  /** What is left of a box within everything that cuts it off. */
  const seen = (element, { left, top, right, bottom }) => {
    let box = { left, top, right, bottom };
    for (let around = element; around && around !== document.documentElement; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      if (around === document.body) continue;
      const edge = around.getBoundingClientRect();
      box = { left: Math.max(box.left, edge.left), top: Math.max(box.top, edge.top), right: Math.min(box.right, edge.right), bottom: Math.min(box.bottom, edge.bottom) };
    }
    return box;
  };
  const add = (element, of, box, what) => {
    const cut = seen(element, box);
    if (cut.right - cut.left > 1 && cut.bottom - cut.top > 1) boxes.push({ ...cut, element, of, what, layer: element.closest('.top, dialog[open]') });
  };
  // In a drawing the browser counts what is not displayed as visible.
  const drawn = (element) => { for (let one = element; one?.closest('svg'); one = one.parentElement) if (getComputedStyle(one).display === 'none') return false; return true; };
  // Nor does it see that a part is cut down to nothing.
  const cut = (element) => { for (let one = element; one; one = one.parentElement) if (getComputedStyle(one).clipPath === 'inset(50%)') return true; return false; };
  const visible = (element) => !element.closest(hidden) && drawn(element) && !cut(element) && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !visible(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) add(element, text, box, text.data.trim().replace(/(unbroken)+/g, '…').slice(0, 40));
  }
  for (const control of document.querySelectorAll('button, input:not([type=hidden]), select, textarea, .button, progress')) {
    if (visible(control)) add(control, control, control.getBoundingClientRect(), control.outerHTML.slice(0, 60));
  }
  boxes.sort((a, b) => a.top - b.top);
  const faults = new Set();
  boxes.forEach((one, at) => {
    for (let next = at + 1; next < boxes.length && boxes[next].top < one.bottom; next += 1) {
      const other = boxes[next];
      // The menu stays where it is while a page moves below it, and so does a dialog.
      if (one.layer !== other.layer || one.of === other.of || one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const [wide, high] = [Math.min(one.right, other.right) - Math.max(one.left, other.left), Math.min(one.bottom, other.bottom) - other.top];
      if (wide > LEAST_WIDTH && high > LEAST_HEIGHT) faults.add(`“${one.what}” and “${other.what}” by ${Math.round(wide)} × ${Math.round(high)}`);
    }
  });
  return [...faults].slice(0, 8);
}));

/** Goes through a page by Tab, and says what it does not reach, what it does not show as focused, and where it stays. */
export async function tabs(page) {
  const count = await page.evaluate(() => {
    document.activeElement?.blur?.();
    const can = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter((one) =>
      one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden' && one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert]'));
    // Of a group of radio buttons one is reached, and the arrows do the rest.
    const groups = new Set();
    globalThis.stops = new Set(can.filter((one) => {
      if (one.type !== 'radio') return true;
      const group = document.getElementsByName(one.name)[0];
      return !groups.has(group) && groups.add(group);
    }));
    globalThis.unmarked = [];
    return globalThis.stops.size;
  });
  let ended = false;
  let before = 0;
  for (let step = 0; step < 2 * count + 40 && !ended; step += 1) {
    await page.keyboard.press('Tab');
    ended = await page.evaluate(async () => {
      const at = document.activeElement;
      if (!at || at === document.body || at === document.documentElement) return true;
      if (at.type === 'radio') for (const one of document.getElementsByName(at.name)) globalThis.stops.delete(one);
      globalThis.stops.delete(at);
      const told = () => at.outerHTML.replace(/(unbroken)+/g, '…').slice(0, 120);
      const marks = (one, of = getComputedStyle(one)) => of.outlineStyle !== 'none' && parseFloat(of.outlineWidth) >= 2;
      const drawn = at.closest('svg') && at.querySelector('rect');
      const is = marks(at) || (at.closest('.frame') && marks(at.closest('.frame'))) || (drawn && parseFloat(getComputedStyle(drawn).strokeWidth) >= 3);
      if (!is) globalThis.unmarked.push(`not shown as focused: ${told()}`);
      // What has the focus is on the screen, and nothing lies over it. A part below the screen gets its own height once the
      // focus is in it, and moves what follows for a frame or two; a page that follows its execution may put another in its place.
      const place = () => [...(at.isConnected ? drawn ?? at : document.activeElement).getClientRects()].filter((box) => box.width > 0 && box.height > 0);
      const isOnScreen = (box) => box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const patience = performance.now() + 1000;
      while (!place().some(isOnScreen) && performance.now() < patience) await new Promise(requestAnimationFrame);
      const boxes = place();
      const onScreen = boxes.some(isOnScreen);
      if (!onScreen) globalThis.unmarked.push(`not on the screen: ${told()}, ${at.isConnected ? 'at' : 'replaced, at'} ${JSON.stringify(boxes)}`);
      const over = boxes.map((box) => {
        const [x, y] = [Math.min(Math.max(box.left + Math.min(box.width / 2, 12), 1), innerWidth - 2), Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2)];
        const top = document.elementFromPoint(x, y);
        return top && !at.contains(top) && !top.contains(at) && !(drawn && top.closest('a') === at) ? top : null;
      });
      if (onScreen && over.every(Boolean)) globalThis.unmarked.push(`under ${over[0].outerHTML.slice(0, 60)}: ${told()}`);
      return false;
    });
    before = step;
  }
  const left = await page.evaluate(() => [...globalThis.stops].map((one) => `not reached: ${one.outerHTML.replace(/(unbroken)+/g, '…').slice(0, 120)}`).concat(globalThis.unmarked));
  if (!ended) left.push(`after ${before + 1} times Tab the page still has the focus, of ${count} stops`);
  return left;
}

/** Goes to something by Tab alone, from where the focus is; beyond the end of the page it begins at its beginning. */
export async function reach(page, what, most = 150) {
  await what.first().waitFor();
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    for (const one of await what.all()) {
      if (await one.evaluate((element) => element === document.activeElement)) return;
    }
  }
  throw new Error(`the keyboard does not get to ${what}`);
}
