/** What the `*.bench.ts` files share: measure a loop, print nanoseconds per operation. */

const rounds = 9;

/**
 * Runs `run` a few times to warm it up and nine times for the record, and prints the median and the fastest round.
 *
 * Read the median against other lines of the same run; the machine is shared.
 *
 * @param operations How many operations one call of `run` does.
 * @param run        Returns something that depends on all of its work, so that none of it can be optimised away.
 */
export function benchmark(name: string, operations: number, run: () => number): void {
  let witness = 0;
  for (let warmUp = 0; warmUp < 3; warmUp++) witness += run();
  const nsPerOperation: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    witness += run();
    nsPerOperation.push(((performance.now() - startMs) * 1e6) / operations);
  }
  nsPerOperation.sort((a, b) => a - b);
  const median = nsPerOperation[Math.floor(rounds / 2)]!;
  console.log(
    `${name.padEnd(60)} ${median.toFixed(1).padStart(9)} ns   (fastest ${nsPerOperation[0]!.toFixed(1)}, witness ${witness % 97})`,
  );
}
