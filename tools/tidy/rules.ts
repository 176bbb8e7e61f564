/** The rules of the house, in the order in which they are told. Adding one is a file in rules/ and a line here. */
import { dependencies } from './rules/dependencies.ts';
import { documentPaths } from './rules/document-paths.ts';
import { fileSize } from './rules/file-size.ts';
import { importDirection } from './rules/import-direction.ts';
import { importForm } from './rules/import-form.ts';
import { leftoverMarks } from './rules/leftovers.ts';
import { licence } from './rules/licence.ts';
import { machinePaths } from './rules/machine-paths.ts';
import { names } from './rules/names.ts';
import type { Rule } from './tree.ts';

/** Every rule. */
export const rules: readonly Rule[] = [
  importDirection,
  importForm,
  fileSize,
  leftoverMarks,
  names,
  machinePaths,
  dependencies,
  licence,
  documentPaths,
];
