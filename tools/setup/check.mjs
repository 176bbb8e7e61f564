/** Checks format, lint, types, unused code and the house rules: `npm run check`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap('tools/check/run.ts', []);
