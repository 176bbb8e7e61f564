/** The real baseline rules, compiled as a node compiles them, and their verdict on a case. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baselineRulesDirectory } from '@secbeat/mitigation/config/read-rules.ts';
import {
  compileRuleset,
  formatDiagnostic,
  type Ruleset,
  type TransactionPolicy,
} from '@secbeat/waf/engine.ts';
import { carry } from './carrier.ts';
import type { Case } from './case-file.ts';

/** 2026-03-01 22:05:09.500 UTC. */
const nowMs = 1772402709500;

/** What a node does unless it is configured otherwise. */
const policy: TransactionPolicy = {
  mode: 'on',
  excludedRuleIds: [],
  inboundThreshold: 5,
  outboundThreshold: 4,
};

/** One rule file. `text` is latin1. */
export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

/** The files of the baseline that end in `extension`, in the order in which they are read. */
export function readBaseline(extension: 'conf' | 'data'): readonly RuleFile[] {
  const directory = baselineRulesDirectory();
  const files = globSync(`*.${extension}`, { cwd: directory }).sort();
  assert(files.length > 0, `there are no .${extension} files in ${directory}`);
  return files.map((file) => ({ file, text: readFileSync(join(directory, file), 'latin1') }));
}

/** Compiles the baseline. Throws with all diagnostics when it does not compile or is warned about. */
export function compileBaseline(): Ruleset {
  const result = compileRuleset({
    sources: readBaseline('conf'),
    dataFiles: Object.fromEntries(readBaseline('data').map(({ file, text }) => [file, text])),
    clock: { nowMs: () => nowMs },
  });
  const said = result.kind === 'refused' ? result.diagnostics : result.warnings;
  assert.deepEqual(said.map(formatDiagnostic), []);
  assert(result.kind === 'ruleset');
  return result.ruleset;
}

/** What became of one case. */
export interface Judgement {
  readonly isDenied: boolean;
  readonly score: number;
  /** `ID variable`, in the order in which they matched. */
  readonly matches: readonly string[];
}

/** Runs the request phases over the request that carries `each`. */
export function judge(ruleset: Ruleset, each: Case): Judgement {
  const { view, body } = carry(each);
  const transaction = ruleset.begin(view, policy);
  const interruption = transaction.inspectRequestHead() ?? transaction.inspectRequestBody(body, false);
  const report = transaction.finish();
  return {
    isDenied: interruption !== null && interruption.action === 'deny' && interruption.status === 403,
    score: report.inboundScore,
    matches: report.matches.map(
      (match) => `${match.ruleId} ${match.variables.map((variable) => variable.name).join(' ')}`,
    ),
  };
}
