import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { currentBuild, makeCurrent, type Build } from '../relay/build.ts';
import type { Configuration } from './configuration.ts';

const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** What this process is a build of, one deployment for each installation. */
export const buildOf = ({ taskQueuePrefix, buildId }: Pick<Configuration, 'taskQueuePrefix' | 'buildId'>): Build => ({
  deploymentName: taskQueuePrefix,
  buildId: buildId ?? packageVersion(),
});

/** Once the workers poll: has workflows go on with this build, or says with which they do. A failure is told, and ends nothing. */
export const takeOver = async (
  client: Client,
  build: Build,
  { buildPolicy }: Pick<Configuration, 'buildPolicy'>,
  log: Logger,
): Promise<void> => {
  try {
    if (buildPolicy === 'current') {
      await makeCurrent(client, build);
      log.info(build, 'workflows go on with this build');
      return;
    }
    const current = await currentBuild(client, build.deploymentName);
    if (buildPolicy === 'off' && current !== null) {
      log.warn({ current }, 'workflows go on with a build, and this worker is none: run `couponry current-build none`');
    } else if (buildPolicy === 'waits' && current !== build.buildId) {
      log.warn({ ...build, current }, `workflows do not go on with this build until you run \`couponry current-build ${build.buildId}\``);
    }
  } catch (error) {
    log.error({ err: error, ...build }, 'Temporal does not take this build: a server before 1.28 has none, set COUPONRY_BUILD_POLICY=off');
  }
};
