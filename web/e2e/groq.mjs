// Groq's interface on a port of this machine: it refuses the first recordings, and then says the same
// sentence about each.
import { createServer } from "node:http";

const segment = (id, start, end, text) => ({
  ...{ id, start, end, text, seek: 0, tokens: [1], temperature: 0 },
  ...{ avg_logprob: -0.1, compression_ratio: 1.2, no_speech_prob: 0.01 },
});

export async function startGroq({ refusals }) {
  let left = refusals;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const isRefused = request.method === "POST" && left-- > 0;
      const body = isRefused
        ? { error: { message: "no recordings today", type: "invalid_request_error" } }
        : request.method === "POST"
          ? {
              ...{ task: "transcribe", language: "english", duration: 12, text: " all is well" },
              segments: [segment(0, 0, 2, " all is well")],
              words: ["all", "is", "well"].map((word, n) => ({
                word,
                start: n / 2,
                end: n / 2 + 0.4,
              })),
              x_groq: { id: "req_1" },
            }
          : { object: "list", data: [{ id: "whisper-large-v3-turbo", object: "model" }] };
      response.writeHead(isRefused ? 400 : 200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
