// Zooms pictures and timelines: by buttons, by the wheel with Ctrl, and the picture moves when it is dragged. Without this
// they scroll. Sizes are attributes of the drawing, so that the page's policy about styles holds.
const MOST = 4;
// Pixels between what is looked for and the edge of its frame.
const MARGIN = 16;
// How small a picture is shown for all of its width, and for all of its height: below that one rather scrolls.
const [LEAST_WIDE, LEAST_HIGH] = [0.56, 0.7];
// How small texts are where a picture scrolls.
const READABLE = 0.86;
const button = (text, label, act) => {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'small';
  made.textContent = text;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
};
const scales = new Map();

function picture(frame) {
  const pane = frame.querySelector('.pane');
  const drawing = frame.querySelector('svg.flow');
  const [, , width, height] = drawing.getAttribute('viewBox').split(' ').map(Number);
  const shares = () => [pane.clientWidth / width, Math.max(pane.clientHeight, 320) / height];
  const whole = () => Math.min(1, ...shares());
  /** The size in which a picture opens. */
  const first = () => {
    const [wide, high] = shares();
    if (wide >= LEAST_WIDE && high >= LEAST_HIGH) return whole();
    return Math.min(1, wide >= LEAST_WIDE ? wide : READABLE);
  };
  let scale = 1;
  const set = (to) => {
    const before = scale;
    scale = Math.min(MOST, Math.max(Math.min(0.05, whole()), to));
    drawing.setAttribute('width', width * scale);
    drawing.setAttribute('height', height * scale);
    return scale / before;
  };
  /** Zooms around the middle of what is seen. */
  const zoom = (to) => {
    const [wide, high] = [pane.clientWidth / 2, pane.clientHeight / 2];
    const [x, y] = [pane.scrollLeft + wide, pane.scrollTop + high];
    const by = set(to);
    [pane.scrollLeft, pane.scrollTop] = [x * by - wide, y * by - high];
  };
  const bar = document.createElement('div');
  bar.className = 'zoom';
  bar.append(
    button('−', 'Zoom out of the picture', () => zoom(scale / 1.4)),
    button('+', 'Zoom into the picture', () => zoom(scale * 1.4)),
    button('Fit', 'Fit the picture into its frame', () => zoom(whole())),
    button('1:1', '1:1, the picture in its own size', () => zoom(1)),
  );
  frame.prepend(bar);
  pane.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(scale * (event.deltaY > 0 ? 1 / 1.15 : 1.15));
  }, { passive: false });
  let held = null;
  pane.addEventListener('dragstart', (event) => event.preventDefault());
  pane.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button === 0) held = [event.clientX, event.clientY, pane.scrollLeft, pane.scrollTop];
  });
  addEventListener('pointermove', (event) => {
    if (!held) return;
    pane.scrollLeft = held[2] + held[0] - event.clientX;
    pane.scrollTop = held[3] + held[1] - event.clientY;
  });
  addEventListener('pointerup', (event) => {
    // A drag that ends on a node is no click on it.
    if (held && Math.hypot(event.clientX - held[0], event.clientY - held[1]) > 5) {
      pane.addEventListener('click', (click) => click.preventDefault(), { once: true, capture: true });
      setTimeout(() => pane.dispatchEvent(new Event('click')), 0);
    }
    held = null;
  });
  // A large picture has a turn of its own, after the rest of the page is shown: a phone is kept from its reader less long.
  requestAnimationFrame(() => setTimeout(() => {
    set(first());
    // Its size is known before its parts are laid out, which they are once.
    drawing.classList.add('drawn');
    const focus = frame.querySelector('[data-sought]');
    if (!focus) return;
    // The beginning is in sight as long as what is looked for is so too.
    const [box, around] = [focus.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (box.right + MARGIN > around.right) pane.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
    if (box.bottom + MARGIN > around.bottom) pane.scrollTop += box.top + box.height / 2 - around.top - around.height / 2;
  }));
}

function timeline(frame) {
  const drawing = frame.querySelector('svg.bars');
  const set = (to) => {
    const scale = Math.min(64, Math.max(1, to));
    scales.set('timeline', scale);
    drawing.setAttribute('width', `${scale * 100}%`);
    drawing.classList.toggle('zoomed', scale >= 4);
  };
  const bar = document.createElement('div');
  bar.className = 'zoom';
  const now = () => scales.get('timeline') ?? 1;
  bar.append(
    button('−', 'Zoom out of the timeline', () => set(now() / 2)),
    button('+', 'Zoom into the timeline', () => set(now() * 2)),
    button('Fit', 'Fit the timeline into its frame', () => set(1)),
  );
  frame.before(bar);
  set(now());
}

const kinds = { picture, timeline };
const begin = (root) => {
  for (const frame of root.querySelectorAll('[data-zoom]')) kinds[frame.dataset.zoom]?.(frame);
};
begin(document);
document.addEventListener('put', (event) => begin(event.detail));
