// One server, one browser, and the views in which every page is looked at.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { layOut, overlaps } from './looks.mjs';

export const ANN = 'ann@example.com';
const screens = process.env.SCREENS;
process.on('exit', () => console.log(`${basename(process.argv[1])}: ${(performance.now() / 1_000).toFixed(1)} s`));

/** The sizes, colours and abilities of the browsers that people have. */
export const VIEWS = [
  { name: 'desktop-light', size: [1280, 800], colours: 'light', script: true },
  { name: 'desktop-dark', size: [1280, 800], colours: 'dark', script: false },
  { name: 'phone-light', size: [390, 844], colours: 'light', script: false },
  { name: 'phone-dark', size: [390, 844], colours: 'dark', script: true },
];

/** Starts the host in a folder of its own, at any free port. */
async function served(settings) {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-browser-'));
  const options = ['--json', '--data', join(folder, 'data'), 'dev', '--port', '0'];
  const env = { ...process.env, STEPWELL_USER: ANN, ...settings };
  const child = spawn(process.env.BINARY, options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const url = await new Promise((found, failed) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = /http:\/\/[0-9.:]+/.exec(line);
      if (told) found(told[0]);
    });
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`the host ended with ${code}\n${log.join('\n')}`)));
  });
  const stop = async () => {
    const ended = new Promise((done) => child.removeAllListeners('exit').on('exit', done));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, log, stop, data: join(folder, 'data') };
}

/** Everything that the tests share. `settings` are environment variables of the host. */
export async function stage(settings = {}) {
  mkdirSync(screens, { recursive: true });
  const host = await served(settings);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const call = async (method, path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(host.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    ...host,
    call,
    /** Starts a workflow with one question to Ann, and gives its link and what the execution says. */
    async question(config) {
      const ports = config.options?.map((option) => option.id) ?? (['input', 'ask'].includes(config.kind) ? ['answered'] : ['approved', 'rejected']);
      const asked = { question: 'Pay 4 800 € to Meadow Press for the spring catalogue?', assignees: [ANN], ...config };
      if (asked.question === '') delete asked.question;
      const workflow = {
        id: 'supplier-payment',
        nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'approve', type: 'human', config: asked }, { id: 'end', type: 'succeed', join: 'any' }],
        edges: [{ from: 'start', to: 'approve' }, ...ports.map((port) => ({ from: 'approve', to: 'end', port }))],
      };
      const { execution_id: id } = await call('POST', '/v1/executions?wait=20', { workflow, input: {} });
      const { items } = await call('GET', `/v1/interactions?execution_id=${id}`);
      const asking = `/v1/interactions/${items[0].interaction_id}`;
      const ended = async () => {
        for (let looks = 0; looks < 200; looks += 1) {
          const { status } = await call('GET', `/v1/executions/${id}`);
          if (!['running', 'waiting_human', 'pending'].includes(status)) return status;
          await new Promise((done) => setTimeout(done, 50));
        }
        return 'not ended';
      };
      return { link: items[0].link, interaction: items[0], asked: () => call('GET', asking), ended };
    },
    /** Does something with a page in each view, and keeps account of what the browser complains about. */
    async inViews(name, act, views = VIEWS) {
      for (const view of views) {
        const context = await browser.newContext({
          viewport: { width: view.size[0], height: view.size[1] },
          colorScheme: view.colours,
          javaScriptEnabled: view.script,
          timezoneId: 'Europe/Berlin',
          locale: 'en-GB',
          reducedMotion: 'reduce',
        });
        const page = await context.newPage();
        const complaints = [];
        page.on('console', (line) => ['error', 'warning'].includes(line.type()) && complaints.push(line.text()));
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('request', (request) => request.url().startsWith(host.url) || complaints.push(`a request to ${request.url()}`));
        const look = async (what) => {
          await layOut(page);
          // The menu stands at the top of a window, and a picture of the whole page begins there.
          await page.evaluate(() => scrollTo(0, 0));
          await page.screenshot({ path: join(screens, `${name}-${what}-${view.name}.png`), fullPage: true });
          const wide = await context.newCDPSession(page).then((session) => session.send('Page.getLayoutMetrics'));
          if (wide.cssContentSize.width > view.size[0]) throw new Error(`${name} ${what}: wider than the screen`);
          const over = await overlaps(page);
          if (over.length > 0) throw new Error(`${name} ${what}, ${view.name}: ${over.join('\n')}`);
        };
        await act(page, look, view);
        // Pages that are over answer with an error's status, which the browser notes; anything else is a fault.
        const faults = complaints.filter((line) => !/status of (410|404|422|403|409)/.test(line));
        if (faults.length > 0) throw new Error(`${name} ${view.name}: ${faults.join('\n')}`);
        await context.close();
      }
    },
    /** Does something with a page of a browser of its own kind. */
    async onPage(kind, act) {
      const context = await browser.newContext(kind);
      try { await act(await context.newPage()); } finally { await context.close(); }
    },
    /** What a checker of accessibility finds serious about a page. It needs scripts. */
    async serious(page) {
      // At once in the page, which has no frames: put together from several pages it takes twice as long.
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations);
      const bad = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
      return bad.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(' ')}`);
    },
    async end() {
      await browser.close();
      await host.stop();
    },
  };
}
