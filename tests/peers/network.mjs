// Names in *.test for programs on Node: every https connection to a name of NAMES
// ("home.test=4443,other.test=4443") goes to that port of this machine, checked against CA_FILE.
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { Agent, setGlobalDispatcher } from "undici";

const ports = new Map(
  process.env.NAMES.split(",").map((pair) => {
    const [name, port] = pair.split("=");
    return [name, Number(port)];
  }),
);
const ca = readFileSync(process.env.CA_FILE);

setGlobalDispatcher(
  new Agent({
    connect({ hostname, servername }, done) {
      const port = ports.get(hostname);
      if (port === undefined) {
        done(new Error(`${hostname} is not one of the names of this test`), null);
        return;
      }
      const socket = connect({
        host: "127.0.0.1",
        port,
        ca,
        servername: servername ?? hostname,
        ALPNProtocols: ["http/1.1"],
      });
      socket.once("secureConnect", () => done(null, socket));
      socket.once("error", (error) => done(error, null));
    },
  }),
);
