"""Mistakes, each with the error that it has to be. Checked, never run."""

# mypy: ignore-errors
# That line is for those who check the whole repository; the test leaves it out.

from skedulr import PoolConfig, Skedulr

app = Skedulr("redis://localhost:6379/0")


@app.job(pool="mail", timeout=30)
async def send_email(to: str, *, subject: str) -> int:
    return 1


@app.job
def total(parts: list[int], start: int = 0) -> int:
    return sum(parts) + start


# arguments
send_email.enqueue("a@b.c")  # E: Missing named argument "subject"
send_email.enqueue(subject="hi")  # E: Missing positional argument "to"
send_email.enqueue("a@b.c", "hi")  # E: Too many positional arguments
send_email.enqueue(5, subject="hi")  # E: incompatible type "int"; expected "str"
send_email.enqueue("a@b.c", subject="hi", copy="me")  # E: Unexpected keyword argument "copy"
send_email.s("a@b.c")  # E: Missing named argument "subject"
send_email.using(priority=3).enqueue("a@b.c")  # E: Missing named argument "subject"
total.enqueue()  # E: Missing positional argument "parts"
total.enqueue(["1"])  # E: List item 0 has incompatible type "str"; expected "int"
total.enqueue([1], start="5")  # E: incompatible type "str"; expected "int"
total()  # E: Missing positional argument "parts"
app.enqueue_many([total.s("1")])  # E: incompatible type "str"; expected "list[int]"

# results
text: str = total.enqueue([1]).result()  # E: variable has type "str"
number: int = total.enqueue([1]).result  # E: variable has type "int"

# options
total.using(prority=3)  # E: Unexpected keyword argument "prority"
total.using(priority="high")  # E: incompatible type "str"; expected "int"
total.using(on_duplicate="skip")  # E: expected "Literal['raise', 'existing']"
total.using(at="tomorrow")  # E: expected "datetime"
total.using(delay=[5])  # E: expected "float | timedelta | str"
app.enqueue("total", [[1]], prority=3)  # E: Unexpected keyword argument "prority"
app.enqueue("total", 5)  # E: expected "Sequence[Any]"


@app.job(retries=3)  # E: "job"
def with_an_unknown_option() -> None: ...


@app.job(timeout=[30])  # E: No overload variant of "job"
def with_a_wrong_option() -> None: ...


@app.job(isolation="fibre")  # E: No overload variant of "job"
def with_a_wrong_isolation() -> None: ...


@app.job(delay=5)  # E: "job"
def with_an_option_of_one_task() -> None: ...


@app.job("total")  # E: No overload variant of "job"
def with_a_name_in_the_wrong_place() -> None: ...


# the app
Skedulr("redis://localhost", namspace="shop")  # E: Unexpected keyword argument "namspace"
Skedulr("redis://localhost", time_limit=[2])  # E: expected "float | timedelta | str"
Skedulr("redis://localhost", pools={"mail": 5})  # E: "int"; expected "str": "PoolConfig"
PoolConfig(max_capacity="5")  # E: incompatible type "str"; expected "int | None"
app.pools.scale("mail", "10")  # E: incompatible type "str"; expected "int | None"


async def forgotten() -> None:
    send_email.aenqueue("a@b.c", subject="hi")  # E: must be used
    app.submit(total.aenqueue([1]))  # E: expected "Signature[Never]"
