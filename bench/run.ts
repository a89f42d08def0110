/** `npm run bench`: Couponry beside its floors, in one run, as ratios. What each means, and what it was: docs/bench.md. */
import { parseArgs } from 'node:util';
import { perCustomerFloor } from './floors/per-customer.ts';
import { copyFloor } from './floors/copy.ts';
import { pgbenchFloor } from './floors/pgbench.ts';
import { measureBudget } from './measures/budget.ts';
import { measureCodes } from './measures/codes.ts';
import { measureDeliveries } from './measures/deliveries.ts';
import { measureGrowth } from './measures/growth.ts';
import { measureImport } from './measures/import.ts';
import { measureInbox } from './measures/inbox.ts';
import { measureLaunch } from './measures/launch.ts';
import { measureLoneSignups } from './measures/lone-signup.ts';
import { measureQualification } from './measures/qualification.ts';
import { measureRedemption } from './measures/redemption.ts';
import { measureStorm } from './measures/storm.ts';
import { measureValidation } from './measures/validation.ts';
import { pinLoad, SERVER_CORE, startServers } from './servers.ts';
import { createShop } from './shop.ts';
import { setUpStorm } from './storm-journey.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '10' },
    customers: { type: 'string', default: '20000' },
    'floor-customers': { type: 'string', default: '300' },
    codes: { type: 'string', default: '1000000' },
    rows: { type: 'string', default: '100000' },
    vouchers: { type: 'string', default: '10000000' },
    deliveries: { type: 'string', default: '5000' },
    posts: { type: 'string', default: '10000' },
    audience: { type: 'string', default: '100000' },
    only: { type: 'string', multiple: true },
  },
});
const seconds = Number(values.seconds);
const customers = Number(values.customers);
const floorCustomers = Number(values['floor-customers']);
const codes = Number(values.codes);
const rows = Number(values.rows);
const vouchers = Number(values.vouchers);
const deliveries = Number(values.deliveries);
const posts = Number(values.posts);
const audience = Number(values.audience);
/** Signups before the storm that counts. */
const WARM_UP = 500;
const parts = [
  'validation',
  'qualification',
  'redemption',
  'budget',
  'lone',
  'storm',
  'import',
  'codes',
  'growth',
  'deliveries',
  'inbox',
  'launch',
] as const;
/** They take minutes, so they are run where they are named. */
const NAMED_ONLY = new Set<string>(['codes', 'growth', 'deliveries', 'inbox', 'launch']);
const unknown = values.only?.filter((name) => !(parts as readonly string[]).includes(name)) ?? [];
if (
  unknown.length > 0 ||
  ![seconds, customers, floorCustomers, codes, rows, vouchers, deliveries, posts, audience].every(
    (value) => Number.isInteger(value) && value > 0,
  )
) {
  console.error(
    `--only takes ${parts.join(', ')}; --seconds, --customers, --floor-customers, --codes, --rows, --vouchers, --deliveries, --posts and --audience take a whole number above 0`,
  );
  process.exit(1);
}
const runs = (part: (typeof parts)[number]): boolean => values.only?.includes(part) ?? !NAMED_ONLY.has(part);

const log = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
const ratios: Record<string, number> = {};
const figures: Record<string, number> = {};
const leftOut: string[] = [];
const per = (figure: number): string => `${figure.toFixed(figure < 100 ? 1 : 0)}/s`;
const ratio = (name: string, value: number, aim: string): void => {
  ratios[name] = Number(value.toFixed(3));
  log(`${name.padEnd(32)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)}   aim ${aim}`);
};

const servers = await startServers(log);
try {
  pinLoad();
  const checkout = await createShop(servers.sql, 'Checkout');
  const api = await servers.start('api', { core: SERVER_CORE });

  if (runs('validation')) {
    log('\nvalidation over HTTP, beside an Express echo of the same body');
    const measured = await measureValidation(servers, api, checkout, seconds);
    Object.assign(figures, { echo: measured.echoPerSecond, validation: measured.validationPerSecond, validation_p99_ms: measured.p99 });
    log(
      `echo ${per(measured.echoPerSecond)}, validation ${per(measured.validationPerSecond)}, p50 ${measured.p50} ms, p99 ${measured.p99} ms`,
    );
    ratio('validation_vs_echo', measured.validationPerSecond / measured.echoPerSecond, '0.6');
  }

  if (runs('qualification')) {
    log('\nwhat qualifies of 1,000 live campaigns with rules, beside the validation of one code for the same cart');
    const measured = await measureQualification(servers, api, seconds);
    Object.assign(figures, { qualification: measured.qualificationPerSecond, qualification_p99_ms: measured.p99 });
    log(`validation ${per(measured.validationPerSecond)}, qualification ${per(measured.qualificationPerSecond)}, p99 ${measured.p99} ms`);
    ratio('qualification_vs_validation', measured.qualificationPerSecond / measured.validationPerSecond, '0.25');
  }

  if (runs('redemption')) {
    log("\nredemption over HTTP with ledger, trace, event and idempotency record, beside pgbench's one statement");
    const floor = await pgbenchFloor(servers.sql, servers.databaseUrl, seconds);
    const measured = await measureRedemption(servers, api, checkout, seconds);
    Object.assign(figures, {
      redemption: measured.manyPerSecond,
      hot_redemption: measured.hotPerSecond,
      redemption_p99_ms: measured.manyP99,
    });
    log(`redemption ${per(measured.manyPerSecond)} over many codes, ${per(measured.hotPerSecond)} on one; the books agree, the cap held`);
    if (floor === undefined) {
      leftOut.push('redemption_vs_pgbench', 'hot_redemption_vs_pgbench');
      log('pgbench is not installed (Debian: postgresql-15), so this floor is left out');
    } else {
      Object.assign(figures, { pgbench: floor.many, pgbench_one_row: floor.one });
      log(`pgbench ${per(floor.many)} over many codes, ${per(floor.one)} on one`);
      ratio('redemption_vs_pgbench', measured.manyPerSecond / floor.many, '0.6');
      ratio('hot_redemption_vs_pgbench', measured.hotPerSecond / floor.one, '3');
    }
  }

  if (runs('budget')) {
    log("\nredemption over HTTP of codes that share a campaign's budget, beside codes of a campaign without one");
    const measured = await measureBudget(servers, api, await createShop(servers.sql, 'Budget'), seconds);
    Object.assign(figures, { budget_redemption: measured.budgetPerSecond, campaign_redemption: measured.plainPerSecond });
    log(`with a budget ${per(measured.budgetPerSecond)}, without ${per(measured.plainPerSecond)}; the books agree`);
    ratio('budget_vs_many', measured.budgetPerSecond / measured.plainPerSecond, '0.9');
  }

  if (runs('growth')) {
    log(`\nvalidation and redemption with ${vouchers} vouchers, beside 100000`);
    const { few, many } = await measureGrowth(servers, api, await createShop(servers.sql, 'Growth'), vouchers, seconds, log);
    Object.assign(figures, { validation_grown: many.validations, redemption_grown: many.redemptions });
    log(
      `validation ${per(few.validations)}, then ${per(many.validations)}; redemption ${per(few.redemptions)}, then ${per(many.redemptions)}`,
    );
    ratio('growth_10m', Math.min(many.validations / few.validations, many.redemptions / few.redemptions), '0.9');
  }

  await api.stop();

  if (runs('codes') || runs('import')) {
    const bulkApi = await servers.start('api');
    const worker = await servers.start('worker');
    const shop = await createShop(servers.sql, 'Bulk');
    if (runs('import')) {
      log(`\na CSV file of ${rows} rows over HTTP until its vouchers are there, beside COPY`);
      const floor = await copyFloor(servers.sql, rows);
      const measured = await measureImport(servers, bulkApi, worker, shop, rows);
      Object.assign(figures, { imported: measured.perSecond, import_memory_mb: Math.round(measured.grewMb) });
      log(`COPY ${per(floor)}, import ${per(measured.perSecond)}, memory + ${measured.grewMb.toFixed(0)} MB`);
      ratio('import_vs_copy', measured.perSecond / floor, '0.3');
    }
    if (runs('codes')) {
      log(`\n${codes} codes through the API until they are in the table, beside COPY`);
      const floor = await copyFloor(servers.sql, codes);
      const measured = await measureCodes(servers, bulkApi, worker, shop, codes);
      Object.assign(figures, { codes: measured.perSecond, copy: floor, codes_memory_mb: Math.round(measured.grewMb) });
      log(`COPY ${per(floor)}, codes ${per(measured.perSecond)}, memory + ${measured.grewMb.toFixed(0)} MB`);
      ratio('codes_vs_copy', measured.perSecond / floor, '0.6');
    }
    await worker.stop();
    await bulkApi.stop();
  }

  if (runs('deliveries')) {
    log(`\n${deliveries} webhooks to one endpoint; the worker is killed in the middle, and Temporal later`);
    // The receiver is on this machine.
    process.env['COUPONRY_WEBHOOK_NETS'] = '127.0.0.1';
    const sender = await servers.start('api');
    const measured = await measureDeliveries(servers, sender, await createShop(servers.sql, 'Deliveries'), deliveries);
    const { early, late } = measured.memoryMb;
    Object.assign(figures, { deliveries: measured.perSecond, delivery_memory_mb: Math.round(late - early), repeated: measured.repeated });
    log(
      `each came under one id, none was lost, ${measured.repeated} came again, in ${measured.seconds.toFixed(0)} s; ${per(measured.perSecond)}`,
    );
    log(`memory of the worker: ${early.toFixed(0)} MB at three fifths, ${late.toFixed(0)} MB at the end`);
    await sender.stop();
  }

  if (runs('inbox')) {
    log(`\n${posts} signed posts in bursts while Temporal is dead`);
    const taking = await servers.start('api');
    const measured = await measureInbox(servers, taking, await createShop(servers.sql, 'Inbox'), posts);
    Object.assign(figures, { posts: measured.postsPerSecond, posts_p99_ms: measured.p99, drained_in_s: measured.drainedInSeconds });
    log(
      `taken at ${per(measured.postsPerSecond)}, p99 ${measured.p99} ms; every journey began ${measured.drainedInSeconds.toFixed(1)} s after Temporal was back`,
    );
    await taking.stop();
  }

  if (runs('launch')) {
    log(`\na launch for ${audience} customers, which is paused in the middle`);
    const launching = await servers.start('api');
    const worker = await servers.start('worker');
    const shop = await createShop(servers.sql, 'Launch');
    const measured = await measureLaunch({ servers, api: launching, worker, shop, audience, log });
    const { early, late } = measured.memoryMb;
    Object.assign(figures, { launch_starts: measured.startedPerSecond, launch_mails: measured.mailedPerSecond });
    Object.assign(figures, { launch_memory_mb: Math.round(late - early) });
    log(`in at ${per(measured.startedPerSecond)} in ${measured.cohorts} cohorts, mailed at ${per(measured.mailedPerSecond)}; each once`);
    log(`memory of the worker: ${early.toFixed(0)} MB at a fifth of the mails, ${late.toFixed(0)} MB at the end`);
    await worker.stop();
    await launching.stop();
  }

  if (runs('lone') || runs('storm')) {
    const storming = await servers.start('api');
    const worker = await servers.start('worker');
    const shop = await createShop(servers.sql, 'Storm');
    const storm = await setUpStorm(servers, storming, shop);
    if (runs('lone')) {
      log('\na lone signup, from the webhook to the mail that SMTP accepted');
      await measureLoneSignups(servers, storming, storm, 'warm', 2);
      const times = await measureLoneSignups(servers, storming, storm, 'lone', 11);
      const p50 = times[Math.floor(times.length / 2)] as number;
      figures.lone_signup_worst_ms = times.at(-1) as number;
      ratios.lone_signup_ms = p50;
      log(`${'lone_signup_ms'.padEnd(32)} ${String(p50).padStart(8)}   aim at most 400 (worst ${times.at(-1)})`);
    }
    if (runs('storm')) {
      log(`\n${customers} signups at once, beside one workflow for each customer doing the same (${floorCustomers} customers)`);
      const quiet = await createShop(servers.sql, 'Storm without mail');
      const quietStorm = await setUpStorm(servers, storming, quiet);
      const common = { servers, api: storming, customers, log };
      // A database that has run for a minute was analyzed by its autovacuum; a new one plans by guesses until then.
      await measureStorm({ ...common, customers: WARM_UP, shop, storm, name: 'warm-up', mails: true });
      await servers.sql`vacuum analyze`;
      const mailed = await measureStorm({ ...common, shop, storm, name: 'storm', mails: true });
      log(`with mail: ${per(mailed.customersPerSecond)} in ${mailed.cohorts} cohorts, posted at ${per(mailed.postsPerSecond)}`);
      const silent = await measureStorm({ ...common, shop: quiet, storm: quietStorm, name: 'quiet', mails: false });
      log(`without:   ${per(silent.customersPerSecond)} in ${silent.cohorts} cohorts, posted at ${per(silent.postsPerSecond)}`);
      await worker.stop();
      await storming.stop();
      const floorOptions = { sql: servers.sql, temporalAddress: servers.temporalAddress, customers: floorCustomers };
      const floorMailed = await perCustomerFloor({ ...floorOptions, smtpPort: servers.sink.port });
      const floorSilent = await perCustomerFloor({ ...floorOptions, smtpPort: undefined });
      log(`one workflow each: ${per(floorMailed)} with mail, ${per(floorSilent)} without`);
      Object.assign(figures, { storm: mailed.customersPerSecond, storm_no_mail: silent.customersPerSecond });
      Object.assign(figures, { per_customer: floorMailed, per_customer_no_mail: floorSilent });
      ratio('journey_vs_per_customer', mailed.customersPerSecond / floorMailed, '30');
      ratio('journey_vs_per_customer_no_mail', silent.customersPerSecond / floorSilent, '150');
      ratio('actions_per_customer', mailed.actionsPerCustomer, 'at most 0.1');
    }
  }
} finally {
  await servers.stop();
}
if (values.json) console.log(JSON.stringify({ ratios, figures, left_out: leftOut }));
