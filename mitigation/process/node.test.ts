import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { NodeStatus } from './control-protocol.ts';
import { eventually, isAlive, TestConnection, TestSite } from './testing/node-process.ts';

/** Waits until all workers of the node serve again and `isDone` holds. */
function settled(site: TestSite, isDone: (status: NodeStatus) => boolean = () => true): Promise<NodeStatus> {
  return eventually('all workers serve', async () => {
    const status = await site.control({ op: 'status' });
    const isWhole = status.workers.every((worker) => worker.state === 'serving');
    return isWhole && isDone(status) ? status : undefined;
  });
}

/** Connects until the worker of `slot` answers. */
async function connectTo(port: number, slot: number): Promise<TestConnection> {
  return await eventually(`a connection to slot ${slot}`, async () => {
    const connection = await TestConnection.open(port);
    if ((await connection.ask('who'))['slot'] === slot) return connection;
    connection[Symbol.dispose]();
    return undefined;
  });
}

describe('node', { concurrency: 2 }, () => {
  test('start: reports the ports that were really bound, and both workers serve', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const report = await node.ready();
    assert.equal(report.pid, node.child.pid);
    assert.equal(report.listeners.length, 1);
    assert.ok(report.listeners[0]!.port > 0 && report.adminPort > 0);
    const slots = new Set<unknown>();
    await eventually('both slots answer', async () => {
      slots.add((await node.ask('who'))['slot']);
      return slots.size === 2 ? true : undefined;
    });
    const status = await settled(site);
    assert.equal(status.isReady, true);
    assert.equal(status.rulesLoaded, 7);
    assert.equal(status.generation, 1);
    assert.equal(statSync(site.dataDirectory).mode & 0o777, 0o700);
    assert.equal(statSync(join(site.dataDirectory, 'control.sock')).mode & 0o777, 0o600);
  });

  test('worker: a crash takes its own connections only, and the worker is replaced', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const port = await node.port();
    using other = await connectTo(port, 1);
    using victim = await connectTo(port, 0);
    victim.send('crash');
    await once(victim.socket, 'close');
    const status = await settled(site, (now) => now.workers[0]!.restarts === 1);
    assert.match(status.workers[0]!.lastExit, /crashed as asked/);
    assert.equal(status.workers[1]!.restarts, 0);
    assert.equal((await other.ask('who'))['slot'], 1);
    using after = await connectTo(port, 0);
    // Threads 1 and 2 are the workers, 3 was kept warm for this.
    assert.equal((await after.ask('who'))['threadId'], 3);
  });

  test('worker: the connections that a dead worker counted are not counted any more', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const port = await node.port();
    using kept = await connectTo(port, 1);
    using victim = await connectTo(port, 0);
    assert.equal((await kept.ask('count'))['count'], 1);
    assert.equal((await victim.ask('count'))['count'], 2);
    await site.control({ op: 'worker.restart', slot: 0 });
    await settled(site, (now) => now.workers[0]!.restarts === 1);
    assert.equal((await kept.ask('counted'))['count'], 1);
  });

  test('worker: one whose event loop stands still is replaced', async () => {
    await using site = new TestSite();
    const node = await site.start([8, 1500]);
    using victim = await node.connect();
    const slot = Number((await victim.ask('who'))['slot']);
    victim.send('spin');
    const status = await settled(site, (now) => now.workers[slot]!.restarts === 1);
    assert.match(status.workers[slot]!.lastExit, /has stood still/);
  });

  test('worker: restarting a slot that does not exist is refused with the slots that do', async () => {
    await using site = new TestSite();
    await site.start();
    await assert.rejects(site.control({ op: 'worker.restart', slot: 2 }), {
      code: 'worker-unknown',
      message: 'there is no slot 2; slots are 0 to 1',
    });
  });

  test('spares: when they run low the next generation takes over with limits, lists and admin port', async () => {
    await using site = new TestSite();
    const node = await site.start([4]);
    const first = await node.ready();
    const taken = [];
    for (let cell = 0; cell < 4; cell++) taken.push(Number((await node.ask('take'))['waitTicks']));
    assert.deepEqual(taken.slice(0, 3), [0, 0, 0]);
    assert.ok(taken[3]! > 0);
    await site.control({ op: 'denylist.add', prefix: '203.0.113.0/24', reason: 'scanner', ttlMs: 60_000 });
    using held = await node.connect();
    await held.ask('hold');
    for (let restart = 1; restart <= 3; restart++) {
      await site.control({ op: 'worker.restart', slot: 0 });
      await settled(site, (now) => now.generation > 1 || now.workers[0]!.restarts === restart);
    }
    const status = await settled(site, (now) => now.generation === 2);
    assert.notEqual(status.generationPid, first.generationPid);
    assert.equal(status.admin.port, first.adminPort);
    assert.equal((await node.ask('who'))['pid'], status.generationPid);
    assert.equal((await node.ask('listed 203.0.113.9'))['reason'], 'scanner');
    // What was used up before the hand-over is still used up: a fresh bucket would admit 3, and one comes back early at most.
    const after = [];
    for (let cell = 0; cell < 4; cell++) after.push(Number((await node.ask('take'))['waitTicks']));
    assert.ok(
      after.filter((waitTicks) => waitTicks === 0).length <= 1,
      `waits after the hand-over: ${after}`,
    );
  });

  test('hand-over: an exchange under way ends in the generation that drains, its event reaches the new one', async () => {
    await using site = new TestSite();
    const node = await site.start([4]);
    const port = await node.port();
    const { generationPid } = await node.ready();
    using held = await connectTo(port, 1);
    await held.ask('hold');
    for (let restart = 1; restart <= 3; restart++) {
      await site.control({ op: 'worker.restart', slot: 0 });
      await settled(site, (now) => now.generation > 1 || now.workers[0]!.restarts === restart);
    }
    await settled(site, (now) => now.generation === 2);
    assert.equal((await held.ask('who'))['pid'], generationPid);
    await held.ask('event handed-over-1');
    const event = await eventually('the event is known', async () => {
      return (await site.control({ op: 'explain', id: 'handed-over-1' })) ?? undefined;
    });
    assert.equal(event.status, 403);
    await held.ask('go');
    await eventually('the old generation ends', () => (isAlive(generationPid) ? undefined : true));
  });

  test('generation: after SIGKILL connections wait and are served by the next one', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const { generationPid, adminPort } = await node.ready();
    process.kill(generationPid, 'SIGKILL');
    const answers = await Promise.all(Array.from({ length: 20 }, () => node.ask('who')));
    assert.equal(answers.length, 20);
    for (const answer of answers) assert.notEqual(answer['pid'], generationPid);
    const status = await settled(site);
    assert.equal(status.generation, 2);
    assert.equal(status.admin.port, adminPort);
  });

  test('generation: comes back with the last configuration in force although the file is broken now', async () => {
    await using site = new TestSite();
    const node = await site.start();
    site.configure('second');
    assert.deepEqual(await site.control({ op: 'reload' }), { isInForce: true, reasons: [] });
    site.writeConfig('broken');
    process.kill((await node.ready()).generationPid, 'SIGKILL');
    assert.equal((await node.ask('who'))['marker'], 'second');
  });

  test('reload: a new configuration is in force in every worker when it is answered', async () => {
    await using site = new TestSite();
    const node = await site.start();
    using zero = await connectTo(await node.port(), 0);
    using one = await connectTo(await node.port(), 1);
    site.configure('second');
    assert.deepEqual(await site.control({ op: 'reload' }), { isInForce: true, reasons: [] });
    assert.equal((await zero.ask('who'))['marker'], 'second');
    assert.equal((await one.ask('who'))['marker'], 'second');
    await site.control({ op: 'worker.restart', slot: 0 });
    using replaced = await connectTo(await node.port(), 0);
    assert.equal((await replaced.ask('who'))['marker'], 'second');
    assert.equal((await site.control({ op: 'status' })).reloadsSucceeded, 1);
  });

  test('reload: what does not compile is refused with its reason and changes nothing', async () => {
    await using site = new TestSite();
    const node = await site.start();
    site.configure('refused');
    assert.deepEqual(await site.control({ op: 'reload' }), {
      isInForce: false,
      reasons: ['rules.conf:1:1: refused as asked'],
    });
    assert.equal((await node.ask('who'))['marker'], 'first');
    const status = await site.control({ op: 'status' });
    assert.equal(status.reloadsFailed, 1);
    assert.deepEqual(status.lastReloadReasons, ['rules.conf:1:1: refused as asked']);
    assert.ok(status.warnings.some((warning) => warning.includes('reload')));
  });

  test('reload: a configuration that kills its worker kills one, and is refused', async () => {
    await using site = new TestSite();
    const node = await site.start();
    site.configure('deadly');
    const outcome = await site.control({ op: 'reload' });
    assert.equal(outcome.isInForce, false);
    assert.match(outcome.reasons.join(), /the worker has ended: it exited with code 3/);
    const status = await settled(site, (now) => now.workers.some((worker) => worker.restarts === 1));
    assert.deepEqual(status.workers.map((worker) => worker.restarts).sort(), [0, 1]);
    assert.equal((await node.ask('who'))['marker'], 'first');
  });

  test('reload: limits that cannot be are refused, others are in force at once', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const { limits } = (await import('./testing/node-config.ts')).createTestConfig('', '');
    site.configure('second', { limits: { ...limits, requestsPerSecond: 0 } });
    const refused = await site.control({ op: 'reload' });
    assert.equal(refused.isInForce, false);
    assert.match(refused.reasons.join(), /^limits: a rate of 0 per second/);
    site.configure('second', { limits: { ...limits, requestsBurst: 5 } });
    assert.equal((await site.control({ op: 'reload' })).isInForce, true);
    const taken = [];
    for (let cell = 0; cell < 5; cell++) taken.push((await node.ask('take'))['waitTicks']);
    assert.deepEqual(taken, [0, 0, 0, 0, 0]);
  });

  test('reload: a change that needs a restart is refused and names its key', async () => {
    await using site = new TestSite();
    await site.start();
    site.configure('second', { workers: 3 });
    const { isInForce, reasons } = await site.control({ op: 'reload' });
    assert.equal(isInForce, false);
    assert.deepEqual(reasons, ['workers cannot change while the node runs; restart the node to change it']);
  });

  test('SIGHUP: a broken file is logged with its place and the node serves on; a good one is applied', async () => {
    await using site = new TestSite();
    const node = await site.start();
    site.writeConfig('{');
    node.signal('SIGHUP');
    await eventually('the refusal is logged', () => (node.log.includes('reload refused') ? true : undefined));
    assert.match(node.log, /config\.json:1:1:/);
    assert.equal((await node.ask('who'))['marker'], 'first');
    site.configure('second');
    node.signal('SIGHUP');
    await eventually('the reload', async () =>
      (await node.ask('who'))['marker'] === 'second' ? true : undefined,
    );
  });

  test('SIGTERM: what is open is served to its end, nothing new is accepted, the exit code is 0', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const port = await node.port();
    const { generationPid } = await node.ready();
    using held = await node.connect();
    await held.ask('hold');
    node.signal('SIGTERM');
    await eventually('readiness says so', async () => {
      const { reasons } = await site.control({ op: 'status' });
      return reasons.includes('the node is draining') ? true : undefined;
    });
    assert.equal((await held.ask('who'))['slot'], (await held.ask('who'))['slot']);
    assert.deepEqual(await held.ask('go'), { isHeld: false });
    assert.equal(await node.exitCode(), 0);
    assert.equal(isAlive(generationPid), false);
    await assert.rejects(TestConnection.open(port), { code: 'ECONNREFUSED' });
    assert.equal(existsSync(join(site.dataDirectory, 'node.lock')), false);
    assert.equal(existsSync(join(site.dataDirectory, 'control.sock')), false);
  });

  test('SIGTERM: a connection that does not end is cut at the deadline of the drain', async () => {
    await using site = new TestSite();
    const { deadlines } = (await import('./testing/node-config.ts')).createTestConfig('', '');
    site.configure('first', { deadlines: { ...deadlines, drainMs: 300 } });
    const node = await site.start();
    using held = await node.connect();
    await held.ask('hold');
    node.signal('SIGTERM');
    assert.equal(await node.exitCode(), 0);
  });

  test('SIGINT twice: ends at once with the code of the signal', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const { generationPid } = await node.ready();
    using held = await node.connect();
    await held.ask('hold');
    node.signal('SIGINT');
    await eventually('it drains', () => (node.log.includes('draining') ? true : undefined));
    node.signal('SIGINT');
    assert.equal(await node.exitCode(), 130);
    await eventually('the generation ends', () => (isAlive(generationPid) ? undefined : true));
  });

  test('signals: those that a terminal sends to the generation too are left to the supervisor', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const { generationPid } = await node.ready();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(generationPid, name);
    assert.equal((await node.ask('who'))['pid'], generationPid);
    assert.equal((await site.control({ op: 'status' })).generation, 1);
  });

  test('shutdown: drains like SIGTERM', async () => {
    await using site = new TestSite();
    const node = await site.start();
    assert.deepEqual(await site.control({ op: 'shutdown' }), { isDraining: true });
    assert.equal(await node.exitCode(), 0);
  });

  test('kill -9 of the supervisor: the generation ends, and the next start takes lock, port and control socket', async () => {
    await using site = new TestSite();
    const first = await site.start();
    const { generationPid, nodeId } = await first.ready();
    const port = await first.port();
    const { listeners } = (await import('./testing/node-config.ts')).createTestConfig('', '');
    site.configure('second', { listeners: [{ ...listeners[0]!, port }] });
    using held = await first.connect();
    await held.ask('hold');
    await first.kill();
    const second = await site.start();
    assert.equal(isAlive(generationPid), false);
    assert.equal(await second.port(), port);
    assert.equal((await second.ready()).nodeId, nodeId);
    assert.equal((await second.ask('who'))['marker'], 'second');
    assert.equal((await settled(site)).supervisorPid, second.child.pid);
  });

  test('second instance: is refused with the pid and the remedy; the first one is not disturbed', async () => {
    await using site = new TestSite();
    const first = await site.start();
    const second = site.spawn();
    assert.equal(await second.exitCode(), 1);
    assert.match(
      second.log,
      new RegExp(`another node \\(pid ${first.child.pid}\\) is using the data directory`),
    );
    assert.match(second.log, /--data DIR/);
    assert.equal((await site.control({ op: 'status' })).supervisorPid, first.child.pid);
  });

  test('two nodes: run beside each other in two directories', async () => {
    await using left = new TestSite();
    await using right = new TestSite();
    const [one, two] = await Promise.all([left.start(), right.start()]);
    assert.notEqual(await one.port(), await two.port());
    assert.notEqual((await one.ready()).nodeId, (await two.ready()).nodeId);
  });

  test('occupied port: is refused with the address and the option; also when another node has it', async () => {
    await using site = new TestSite();
    await using other = new TestSite();
    const port = await (await other.start()).port();
    const { listeners } = (await import('./testing/node-config.ts')).createTestConfig('', '');
    site.configure('first', { listeners: [{ ...listeners[0]!, port }] });
    const node = site.spawn();
    assert.equal(await node.exitCode(), 1);
    assert.match(node.log, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: address in use.*--listen`));
    assert.equal(existsSync(join(site.dataDirectory, 'node.lock')), false);
  });

  test('first start: a configuration that does not compile ends it with the reason, nothing is left', async () => {
    await using site = new TestSite();
    site.configure('refused');
    const node = site.spawn();
    assert.equal(await node.exitCode(), 1);
    assert.match(node.log, /"failed":"rules\.conf:1:1: refused as asked"/);
    assert.equal(existsSync(join(site.dataDirectory, 'node.lock')), false);
  });

  test('first start: an occupied admin port ends it with the reason', async () => {
    await using site = new TestSite();
    const blocker = net.createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as net.AddressInfo;
    site.configure('first', { admin: { host: '127.0.0.1', port } });
    const node = site.spawn();
    assert.equal(await node.exitCode(), 1);
    assert.match(node.log, new RegExp(`admin listener on 127\\.0\\.0\\.1:${port}`));
    blocker.close();
  });

  test('lists: an entry added at run time is enforced by all workers and survives a restart', async () => {
    await using site = new TestSite();
    const node = await site.start();
    const change = await site.control({
      op: 'denylist.add',
      prefix: '198.51.100.7',
      reason: 'test',
      ttlMs: 3_600_000,
    });
    assert.deepEqual(change.notes, []);
    using zero = await connectTo(await node.port(), 0);
    using one = await connectTo(await node.port(), 1);
    assert.equal((await zero.ask('listed 198.51.100.7'))['reason'], 'test');
    assert.equal((await one.ask('listed 198.51.100.7'))['reason'], 'test');
    zero.socket.destroy();
    one.socket.destroy();
    node.signal('SIGTERM');
    assert.equal(await node.exitCode(), 0);
    const again = await site.start();
    assert.equal((await again.ask('listed 198.51.100.7'))['reason'], 'test');
    await site.control({ op: 'denylist.remove', prefix: '198.51.100.7' });
    assert.equal((await again.ask('listed 198.51.100.7'))['reason'], null);
  });

  test('metrics: the admin listener shows the figures of the generation', async () => {
    await using site = new TestSite();
    const { adminPort } = await (await site.start()).ready();
    await site.control({ op: 'worker.restart', slot: 1 });
    await settled(site, (now) => now.workers[1]!.restarts === 1);
    const page = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    assert.match(page, /^secbeat_worker_restarts_total 1$/m);
    assert.match(page, /^secbeat_workers_serving 2$/m);
    assert.equal((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status, 200);
  });

  test('data directory: a stranger’s file in the place of the lock is taken for a dead node', async () => {
    await using site = new TestSite();
    const first = await site.start();
    first.signal('SIGTERM');
    await first.exitCode();
    writeFileSync(join(site.dataDirectory, 'node.lock'), 'not a lock');
    const second = await site.start();
    assert.equal((await second.ask('who'))['marker'], 'first');
  });
});
