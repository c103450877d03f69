/// When a user whose connection failed tries again, as Tsung 1.x has it: the n-th retry waits n times the base, and after
/// the last one the user is given up (`error_abort_max_conn_retries`).
struct RetryPolicy: Equatable {
    /// Retries after the first attempt; the original allows 20.
    var retries: Int
    /// Tsung's `retry_timeout`.
    var waitMilliseconds: Int

    static var tsung: RetryPolicy { RetryPolicy(retries: 20, waitMilliseconds: 10) }

    /// How long to wait before retry `number`, counted from 1; nil if the user gives up.
    func waitMilliseconds(beforeRetry number: Int) -> Int? {
        number >= 1 && number <= retries ? number * waitMilliseconds : nil
    }
}
