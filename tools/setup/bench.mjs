/** Runs the side-by-side measurements: `npm run bench`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap('tools/bench/run.ts', []);
