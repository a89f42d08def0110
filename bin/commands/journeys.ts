import { Command, InvalidArgumentError, Option } from 'commander';
import { StartError } from '../../embedded/part.ts';
import { readConfiguration } from '../configuration.ts';
import { createApi, type Api } from '../journeys/api.ts';
import { connectionOf, UsageError, type ConnectionOptions } from '../journeys/connection.ts';
import { exportJourney, install, listJourneys, publish, validate, type PublishFlags } from '../journeys/publishing.ts';
import type { Report } from '../journeys/report.ts';
import { simulate, type SimulateFlags } from '../journeys/simulating.ts';

/** 0: it is as it should be. 1: the server refused it, or it has mistakes. 2: it could not be tried. */
const EXIT = { ok: 0, refused: 1, unusable: 2 };

type Flags = ConnectionOptions & { json?: boolean };

const run = async (flags: Flags, work: (api: Api) => Promise<Report>): Promise<void> => {
  try {
    const { dataDir } = readConfiguration({ COUPONRY_DATA_DIR: process.env['COUPONRY_DATA_DIR'] });
    const report = await work(createApi(connectionOf(flags, process.env, dataDir)));
    if (flags.json === true) console.log(JSON.stringify(report.json, null, 2));
    else for (const line of report.lines) (report.ok ? console.log : console.error)(line);
    process.exitCode = report.ok ? EXIT.ok : EXIT.refused;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof StartError)) throw error;
    if (flags.json === true) console.log(JSON.stringify({ message: error.message }, null, 2));
    else console.error(`couponry: ${error.message}`);
    process.exitCode = EXIT.unusable;
  }
};

const collect = (value: string, before: string[]): string[] => [...before, value];

const wholeNumber = (value: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('must be a whole number.');
  return Number(value);
};

/** A command that talks to a server, with the flags that say to which. */
const connected = (parent: Command, name: string, description: string): Command =>
  parent
    .command(name)
    .description(description)
    .option('--json', 'print the answer of the API')
    .addOption(
      new Option('--project <project>', 'of the Couponry that runs on this machine').choices(['sandbox', 'live']).default('sandbox'),
    )
    .option('--url <url>', 'where the API is, instead of the Couponry that runs on this machine (COUPONRY_URL)')
    .option('--app-id <id>', 'the application id of the project (COUPONRY_APP_ID)')
    .option('--secret-key <key>', 'a secret key of the project (COUPONRY_API_KEY)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.unusable));

export const addJourneyCommands = (program: Command): void => {
  const journeys = program
    .command('journeys')
    .description('check, publish, try out, export and list journeys')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.unusable));

  connected(journeys, 'validate', 'say everything that is wrong with a definition, with its lines and columns')
    .argument('<file>', 'YAML or JSON; - reads what is piped in')
    .action((file: string, flags: Flags) => run(flags, (api) => validate(api, file)));

  connected(journeys, 'publish', 'publish a definition: a new journey, or the next version of one')
    .argument('<file>', 'YAML or JSON; - reads what is piped in')
    .addOption(
      new Option('--inside <policy>', 'what becomes of those who are inside').choices(['stay', 'migrate', 'drain']).default('stay'),
    )
    .option('--map <from=to>', 'with --inside migrate: where those go who stand at a step; may be said several times', collect, [])
    .option('--draft', 'only keep it, mistakes and all')
    .action((file: string, flags: Flags & PublishFlags) => run(flags, (api) => publish(api, file, flags)));

  connected(journeys, 'simulate', 'say what a journey would do, with nothing sent and nothing kept')
    .argument('<journey>', 'a file, which need not be published, or the key of a journey')
    .option('--customer <customer>', 'the source id of one who is known, or JSON of one who is made up')
    .option('--customers <number>', 'so many made-up ones at once, at most 1000', wholeNumber)
    .option('--start <time>', 'when it begins, such as 2027-03-01T09:00:00Z')
    .option('--event <event>', 'what happens when, such as "P3D coupon.redeemed"; may be said several times', collect, [])
    .option('--answer <answer>', `what an endpoint answers, such as 'crm {"tier":"gold"}'; may be said several times`, collect, [])
    .option('--data <json>', 'what the event that lets customers in carries')
    .option('--order-amount <amount>', 'what an order may cost at most, in minor units', wholeNumber)
    .option('--draft', 'the draft of the journey')
    .action((journey: string, flags: Flags & SimulateFlags) => run(flags, (api) => simulate(api, journey, flags)));

  connected(journeys, 'export', 'write a journey as it was published')
    .argument('<journey>', 'its key or id, or a file that is called by its key, such as signup.yaml')
    .argument('[file]', 'where to; without it, the terminal')
    .option('--version <number>', 'a version other than the current one', wholeNumber)
    .action((journey: string, file: string | undefined, flags: Flags & { version?: number }) =>
      run(flags, (api) => exportJourney(api, journey, file, flags.version)),
    );

  connected(journeys, 'list', 'list the journeys of a project').action((flags: Flags) => run(flags, listJourneys));

  connected(journeys, 'install', 'make one of the journeys that ship, with its campaigns and mails')
    .argument('<name>', 'signup, referral or win-back')
    .action((name: string, flags: Flags) => run(flags, (api) => install(api, name)));
};
