import { freePort, waitForPort } from "./varnish.ts";

const CONFIGURATION = new URL("../../../docs/redirects.nginx.conf", import.meta.url);

/**
 * Runs `use` with nginx, as `docs/redirects.nginx.conf` has it but for the port, the folder of pictures, and the file
 * with the map.
 *
 * @param map is given the address of nginx, without a slash at the end
 */
export async function withNginx(
  map: (url: string) => Promise<string>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = (await Deno.readTextFile(CONFIGURATION))
    .replaceAll("/etc/nginx/lookalike.map", `${folder}/lookalike.map`)
    .replace("listen 8080", `listen 127.0.0.1:${port}`)
    .replace("/srv/pictures", folder);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`);
  await Deno.writeTextFile(`${folder}/lookalike.map`, await map(url));
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
     events {}
     http { access_log off; ${temporary.join(" ")}\n${configuration} }`,
  );
  const nginx = new Deno.Command("nginx", {
    args: ["-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    await waitForPort(port, nginx);
    await use(url);
  } finally {
    nginx.kill("SIGTERM");
    await nginx.status;
    await Deno.remove(folder, { recursive: true });
  }
}
