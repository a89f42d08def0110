import { Client, Connection } from '@temporalio/client';
import { currentBuild, makeCurrent, makeNoneCurrent } from '../../relay/build.ts';
import { buildOf } from '../build.ts';
import { type Configuration, ConfigurationError } from '../configuration.ts';

/** `couponry current-build [BUILD]`: says with which build workflows go on, or has them go on with another; `none` for workers without versions. */
export const tellCurrentBuild = async (configuration: Configuration, wanted: string | undefined): Promise<void> => {
  const { temporalAddress, temporalNamespace: namespace } = configuration;
  if (temporalAddress === null) throw new ConfigurationError('TEMPORAL_ADDRESS must be set: the server that the workers use');
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const client = new Client({ connection, namespace });
    const { deploymentName } = buildOf(configuration);
    if (wanted === 'none') await makeNoneCurrent(client, deploymentName);
    else if (wanted !== undefined) await makeCurrent(client, { deploymentName, buildId: wanted }, 5_000);
    const current = await currentBuild(client, deploymentName);
    console.log(current === null ? 'Workflows go on with workers that have no versions.' : `Workflows go on with build ${current}.`);
  } finally {
    await connection.close();
  }
};
