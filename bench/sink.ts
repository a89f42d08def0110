/** A real SMTP server that takes every mail, keeps none, and tells its parent whose came when. Run as a process of its own. */
import { SMTPServer } from 'smtp-server';

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  onData(stream, session, done) {
    stream.resume();
    stream.on('end', () => {
      // Taken first: the session begins a new envelope once it has answered.
      const to = session.envelope.rcptTo.map((each) => each.address);
      done();
      process.send?.({ to, at: Date.now() });
    });
  },
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => server.close());
