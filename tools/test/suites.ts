/**
 * The suites of `npm test`, in the order in which they run: what is quick and finds most stands first.
 * Adding one is one line here and its files; see docs/how-to/add-a-suite.md.
 */
import type { Need, Suite } from './suite.ts';

const packages = '{base,contracts,http,waf,mitigation,cli,tools}';
/** Tests beside the code that compare with public vectors, which the repository does not hold. */
const vectorFiles = [
  'waf/**/vectors.test.ts',
  'waf/**/crs*.test.ts',
  'waf/body/json.test.ts',
  'waf/operators/sqli/detector.test.ts',
];

/** Every suite. */
export const suites: readonly Suite[] = [
  {
    name: 'check',
    kind: 'required',
    long: false,
    needs: [],
    minutesMax: 5,
    run: { kind: 'entry', entry: 'tools/check/run.ts', args: [] },
  },
  {
    name: 'unit',
    kind: 'required',
    long: false,
    needs: [],
    minutesMax: 15,
    run: { kind: 'node-test', files: [`${packages}/**/*.test.ts`], except: vectorFiles, concurrency: 2 },
  },
  {
    name: 'vectors',
    kind: 'required',
    long: false,
    needs: ['shared-data'],
    minutesMax: 10,
    run: { kind: 'node-test', files: vectorFiles, except: [], concurrency: 2 },
  },
  folder('baseline', { minutesMax: 5 }),
  folder('conformance', { minutesMax: 10 }),
  folder('data-plane', { minutesMax: 10 }),
  folder('hostile', { minutesMax: 10 }),
  folder('fuzz', { minutesMax: 5 }),
  folder('bad-input', { minutesMax: 10 }),
  folder('resilience', { minutesMax: 15 }),
  folder('soak', { minutesMax: 90, long: true }),
  folder('attack', { minutesMax: 10, needs: ['sqlmap'] }),
  folder('browser', { minutesMax: 10, needs: ['chromium'] }),
];

/** The suite of a folder under test/. What it does not say: required, in CI, no needs, one file at once. */
function folder(
  name: string,
  options: {
    readonly minutesMax: number;
    readonly kind?: Suite['kind'];
    readonly long?: boolean;
    readonly needs?: readonly Need[];
    readonly concurrency?: number;
  },
): Suite {
  return {
    name,
    kind: options.kind ?? 'required',
    long: options.long ?? false,
    needs: options.needs ?? [],
    minutesMax: options.minutesMax,
    run: {
      kind: 'node-test',
      files: [`test/${name}/**/*.test.ts`],
      except: [],
      concurrency: options.concurrency ?? 1,
    },
  };
}
