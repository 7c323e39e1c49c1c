# example.com/ledger/broken [example.com/ledger/broken.test]
broken/broken_test.go:6:14: cannot use "x" (untyped string constant) as int value in variable declaration
FAIL	example.com/ledger/broken [build failed]
{"Action":"run","Package":"example.com/ledger/exit","Test":"TestA"}
{"Action":"output","Package":"example.com/ledger/exit","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"example.com/ledger/exit","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/exit","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"example.com/ledger/exit","Output":"PASS\n"}
{"Action":"output","Package":"example.com/ledger/exit","Output":"FAIL\texample.com/ledger/exit\t0.003s\n"}
{"Action":"fail","Package":"example.com/ledger/exit","Elapsed":0.003}
{"Action":"run","Package":"example.com/ledger/initfail","Test":"TestA"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/initfail","Test":"TestA","Elapsed":0}
{"Action":"run","Package":"example.com/ledger/initfail","Test":"TestPanics"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"=== RUN   TestPanics\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"--- FAIL: TestPanics (0.00s)\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"panic: runtime error: index out of range [3] with length 0 [recovered]\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\tpanic: runtime error: index out of range [3] with length 0\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"goroutine 21 [running]:\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"testing.tRunner.func1.2({0x518a00, 0xc0000d2000})\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\t/usr/lib/go-1.19/src/testing/testing.go:1396 +0x24e\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"testing.tRunner.func1()\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\t/usr/lib/go-1.19/src/testing/testing.go:1399 +0x39f\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"panic({0x518a00, 0xc0000d2000})\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\t/usr/lib/go-1.19/src/runtime/panic.go:884 +0x212\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"example.com/ledger/initfail.TestPanics(0xc0000849c0?)\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\t/project/initfail/a_test.go:9 +0x1a\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"testing.tRunner(0xc000084d00, 0x52f310)\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\t/usr/lib/go-1.19/src/testing/testing.go:1446 +0x10b\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"created by testing.(*T).Run\n"}
{"Action":"output","Package":"example.com/ledger/initfail","Test":"TestPanics","Output":"\t/usr/lib/go-1.19/src/testing/testing.go:1493 +0x35f\n"}
{"Action":"fail","Package":"example.com/ledger/initfail","Test":"TestPanics","Elapsed":0}
{"Action":"output","Package":"example.com/ledger/initfail","Output":"FAIL\texample.com/ledger/initfail\t0.009s\n"}
{"Action":"fail","Package":"example.com/ledger/initfail","Elapsed":0.009}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestHalf"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf","Output":"=== RUN   TestHalf\n"}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestHalf/even"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/even","Output":"=== RUN   TestHalf/even\n"}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestHalf/odd_one"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/odd_one","Output":"=== RUN   TestHalf/odd_one\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/odd_one","Output":"    money_test.go:19: half of 5 is 3,\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/odd_one","Output":"        not 2\n"}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestHalf/even#01"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/even#01","Output":"=== RUN   TestHalf/even#01\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf","Output":"--- FAIL: TestHalf (0.00s)\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/even","Output":"    --- PASS: TestHalf/even (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/money","Test":"TestHalf/even","Elapsed":0}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/odd_one","Output":"    --- FAIL: TestHalf/odd_one (0.00s)\n"}
{"Action":"fail","Package":"example.com/ledger/money","Test":"TestHalf/odd_one","Elapsed":0}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestHalf/even#01","Output":"    --- PASS: TestHalf/even#01 (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/money","Test":"TestHalf/even#01","Elapsed":0}
{"Action":"fail","Package":"example.com/ledger/money","Test":"TestHalf","Elapsed":0}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestParallelA"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelA","Output":"=== RUN   TestParallelA\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelA","Output":"=== PAUSE TestParallelA\n"}
{"Action":"pause","Package":"example.com/ledger/money","Test":"TestParallelA"}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestParallelB"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelB","Output":"=== RUN   TestParallelB\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelB","Output":"=== PAUSE TestParallelB\n"}
{"Action":"pause","Package":"example.com/ledger/money","Test":"TestParallelB"}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestSkipped"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestSkipped","Output":"=== RUN   TestSkipped\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestSkipped","Output":"    money_test.go:29: later\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestSkipped","Output":"--- SKIP: TestSkipped (0.00s)\n"}
{"Action":"skip","Package":"example.com/ledger/money","Test":"TestSkipped","Elapsed":0}
{"Action":"run","Package":"example.com/ledger/money","Test":"TestPrints"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestPrints","Output":"=== RUN   TestPrints\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"not at all","Output":"--- PASS: not at all\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"not at all","Output":"no newline--- PASS: TestPrints (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/money","Test":"not at all"}
{"Action":"cont","Package":"example.com/ledger/money","Test":"TestParallelA"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelA","Output":"=== CONT  TestParallelA\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelA","Output":"--- PASS: TestParallelA (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/money","Test":"TestParallelA","Elapsed":0}
{"Action":"cont","Package":"example.com/ledger/money","Test":"TestParallelB"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelB","Output":"=== CONT  TestParallelB\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"TestParallelB","Output":"--- PASS: TestParallelB (0.00s)\n"}
{"Action":"pass","Package":"example.com/ledger/money","Test":"TestParallelB","Elapsed":0}
{"Action":"run","Package":"example.com/ledger/money","Test":"ExampleHalf"}
{"Action":"output","Package":"example.com/ledger/money","Test":"ExampleHalf","Output":"=== RUN   ExampleHalf\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"ExampleHalf","Output":"--- FAIL: ExampleHalf (0.00s)\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"ExampleHalf","Output":"got:\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"ExampleHalf","Output":"2 \u003cnil\u003e\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"ExampleHalf","Output":"want:\n"}
{"Action":"output","Package":"example.com/ledger/money","Test":"ExampleHalf","Output":"3 \u003cnil\u003e\n"}
{"Action":"fail","Package":"example.com/ledger/money","Test":"ExampleHalf","Elapsed":0}
{"Action":"output","Package":"example.com/ledger/money","Output":"FAIL\n"}
{"Action":"output","Package":"example.com/ledger/money","Output":"FAIL\texample.com/ledger/money\t0.011s\n"}
{"Action":"fail","Package":"example.com/ledger/money","Elapsed":0.011}
{"Action":"output","Package":"example.com/ledger/notests","Output":"?   \texample.com/ledger/notests\t[no test files]\n"}
{"Action":"skip","Package":"example.com/ledger/notests","Elapsed":0}
