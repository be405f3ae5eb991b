"""Two clients that take the same requests, so that one script tries both:
boto3, and the AWS CLI, whose arguments and files are made of the requests.
Each notes which operations it called."""
import shutil
import tempfile

from kit import *


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, code, message):
        super().__init__(code, message)
        self.code, self.message = code, message


class Boto3:
    name = "boto3"

    def __init__(self):
        self.ecs = client("ecs")
        self.quick = self

    def call(self, operation, given):
        try:
            return getattr(self.ecs, botocore.xform_name(operation))(**given)
        except botocore.exceptions.ClientError as e:
            raise Refused(e.response["Error"]["Code"], e.response["Error"]["Message"])

    def wait(self, waiter, given):
        self.ecs.get_waiter(waiter).wait(**given, WaiterConfig=QUICK)


class CLI:
    name = "cli"

    def __init__(self):
        # ExecuteCommand is called only where the plugin is installed that
        # shows the session. It is asked to show none here.
        self.tools = tempfile.mkdtemp()
        plugin = os.path.join(self.tools, "session-manager-plugin")
        os.symlink(shutil.which("true"), plugin)
        self.environment = {**os.environ, "PATH": self.tools + os.pathsep + os.environ["PATH"]}
        self.quick = Boto3()

    def arguments(self, given):
        for name, value in given.items():
            option = botocore.xform_name(name, "-")
            if value is True or value is False:
                yield "--" + ("" if value else "no-") + option
            else:
                yield "--" + option
                yield value if isinstance(value, str) else json.dumps(value)

    def run(self, command, given):
        done = subprocess.run(["aws", "ecs"] + command + list(self.arguments(given)) + ["--output", "json"], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        error = re.search(r"An error occurred \((\w+)\) when calling the \w+ operation: (.*)", done.stderr, re.DOTALL)
        if done.returncode != 0 and error:
            raise Refused(error[1], error[2].strip())
        assert done.returncode == 0, (command, given, done.returncode, done.stderr)
        return json.loads(done.stdout or "{}")

    def call(self, operation, given):
        return self.run([botocore.xform_name(operation, "-")], given)

    def wait(self, waiter, given):
        """Its waiters look every 6 or 15 seconds: they begin when boto3's are
        through and have to see the same."""
        self.quick.wait(waiter, given)
        self.run(["wait", waiter.replace("_", "-")], given)

    def close(self):
        shutil.rmtree(self.tools)


class Walk:
    """A client of which is noted what it has called and waited for."""

    def __init__(self, of):
        self.of, self.called, self.waited = of, set(), set()

    def ok(self, operation, **given):
        answer = self.of.call(operation, given)
        self.called.add(operation)
        return answer

    def look(self, operation, **given):
        """Asks again and again what a client that starts anew for each call would be slow to ask."""
        return self.of.quick.call(operation, given)

    def no(self, code, operation, **given):
        try:
            answer = self.of.call(operation, given)
        except Refused as e:
            assert e.code == code, (operation, e)
            self.called.add(operation)
            return e.message
        raise AssertionError("%s is not refused with %s: %s" % (operation, code, answer))

    def wait(self, waiter, **given):
        self.of.wait(waiter, given)
        self.waited.add(waiter)
