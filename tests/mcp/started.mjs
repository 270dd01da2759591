// Programs that a test starts, and ends.
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Starts a program, and waits until a line that it writes has what is looked for. Returns that and what ends it. */
export async function started(program, options, { env = process.env, looked }) {
  const child = spawn(program, options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  const found = await new Promise((done, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const told = looked.exec(line);
        if (told) done(told[0]);
      });
    }
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`${program} ended with ${code}\n${lines.join('\n')}`)));
  });
  const stop = async () => {
    const ended = new Promise((done) => child.removeAllListeners('exit').on('exit', done));
    child.kill('SIGTERM');
    await ended;
  };
  return { found, stop };
}

/** Runs a program to its end. Returns what it wrote; fails where it takes long or ends with another code than 0. */
export async function ran(program, options, env = process.env) {
  return new Promise((done, failed) => {
    const settings = { env, timeout: 45_000, maxBuffer: 1 << 26 };
    execFile(program, options, settings, (error, stdout, stderr) => {
      if (error) failed(new Error(`${program} ${options.join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
      else done({ stdout, stderr });
    });
  });
}
