import { RetenderClient } from "../../src/client";
import {
  RetenderProvider,
  useRetender,
  useTranscriptionJob,
  useTranscriptions,
} from "../../src/hooks";

function Job({ id }: { readonly id: string }) {
  const { progress, message, segments } = useTranscriptionJob(id);
  return <p>{`${Math.round(progress)} % ${message} ${segments.map((it) => it.text).join(" ")}`}</p>;
}

function Jobs() {
  const client = useRetender();
  const { jobs, refresh } = useTranscriptions();
  const send = (file?: File) => file && void client.submit(file).then(refresh);
  return (
    <>
      <input
        type="file"
        aria-label="Recording"
        onChange={({ target }) => send(target.files?.[0])}
      />
      {jobs.map((job) => (
        <Job key={job.job_id} id={job.job_id} />
      ))}
    </>
  );
}

export const App = () => (
  <RetenderProvider client={new RetenderClient()}>
    <Jobs />
  </RetenderProvider>
);
