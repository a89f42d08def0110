#!/usr/bin/env node
import { Command } from 'commander';
import { addJourneyCommands } from './commands/journeys.ts';
import { readConfiguration } from './configuration.ts';
import { tellFailure } from './failure.ts';

const program = new Command('couponry')
  .description('A self-hosted coupon hub: journeys issue, deliver, remind and expire coupons; checkouts validate and redeem them.')
  .showHelpAfterError('Run `couponry --help` to see the commands.');

/** What is loaded for a command is loaded when it runs, so that each starts at once. */
program
  .command('start')
  .description('run everything in this terminal, with embedded Postgres, Temporal and mailbox where no other is named')
  // What serves well tells nothing here: the terminal is for what a person asks it to do.
  .action(async () => (await import('./commands/start.ts')).start(readConfiguration({ LOG_LEVEL: 'warn', ...process.env })));
program
  .command('api')
  .description('run the HTTP API')
  .action(async () => (await import('./commands/api.ts')).api(readConfiguration(process.env)));
program
  .command('worker')
  .description('run the Temporal workers and the relay')
  .action(async () => (await import('./commands/worker.ts')).worker(readConfiguration(process.env)));
program
  .command('migrate')
  .description('bring the database to this version')
  .option(
    '--first-start',
    'also make the projects, their keys and the signup journey where they are missing; the keys go to the data folder',
  )
  .action(async (options: { firstStart?: true }) =>
    (await import('./commands/migrate.ts')).migrateDatabase(readConfiguration(process.env), options),
  );

program
  .command('current-build')
  .description('say with which build of the workers workflows go on, or have them go on with another')
  .argument('[build]', 'its id; none for workers without versions')
  .action(async (build: string | undefined) =>
    (await import('./commands/current-build.ts')).tellCurrentBuild(readConfiguration(process.env), build),
  );

program
  .command('demo')
  .description('do what a CRM and a checkout would, once, against the server that `couponry start` runs')
  .action(async () => (await import('./commands/demo.ts')).demo(readConfiguration(process.env)));

addJourneyCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  tellFailure(error);
  process.exit(1);
}
