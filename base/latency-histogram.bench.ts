import { benchmark } from './bench.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { createSeededRandom } from './random.ts';

const operations = 500_000;
const random = createSeededRandom(1);
const region = new Float64Array(new SharedArrayBuffer(8 * LatencyHistogram.length));
const histogram = new LatencyHistogram(region);
const durations = Float64Array.from({ length: 4_096 }, () => 0.1 * 2 ** (random.fraction() * 12));

benchmark('observe', operations, () => {
  for (let operation = 0; operation < operations; operation++)
    histogram.observe(durations[operation & 4_095]!);
  return histogram.count;
});
