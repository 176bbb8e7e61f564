/** Starts a node: `npm start`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap('cli/secbeat.ts', ['up']);
