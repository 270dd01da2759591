// Runs the files of tests that are named, in this order, and prints what each of them takes: node run.mjs FILE…
import { cpus } from 'node:os';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

// Each has a server and a browser of its own, and now and then waits for one of them.
const AT_ONCE = cpus().length + 1;
const stream = run({ files: process.argv.slice(2), concurrency: AT_ONCE });
stream.on('test:fail', () => { process.exitCode = 1; });
stream.compose(new spec()).pipe(process.stdout);
