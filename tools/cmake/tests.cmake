# Every test is found by its name: FOLDER/tests/test_NOUN.c (cmocka), FOLDER/fuzz/fuzz_NOUN.c with
# seeds in testdata/fuzz/NOUN/, testdata/cli/NAME/cmd (golden), tools/tests/conformance_*.py.
set(test_env "SAKER_SOURCE_DIR=${CMAKE_SOURCE_DIR};SAKER_BIN_DIR=${CMAKE_BINARY_DIR}/bin;TZ=UTC;LC_ALL=C")

function(saker_unit_tests dir lib)
	file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/test_*.c)
	foreach(source ${found})
		get_filename_component(name ${source} NAME_WE)
		add_executable(${name} ${source})
		target_link_libraries(${name} PRIVATE ${lib} PkgConfig::cmocka)
		set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
		add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
		set_tests_properties(${name} PROPERTIES LABELS unit ENVIRONMENT "${test_env}"
			SKIP_RETURN_CODE 77)
		# What has more to say when it is given time is run a second time, with all of it.
		file(STRINGS ${source} long REGEX "SAKER_LONG" LIMIT_COUNT 1)
		if(long)
			add_test(NAME ${name}_long COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
			set_tests_properties(${name}_long PROPERTIES LABELS long
				ENVIRONMENT "${test_env};SAKER_LONG=1" SKIP_RETURN_CODE 77)
		endif()
	endforeach()
endfunction()

function(saker_fuzz_targets dir lib)
	file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/fuzz_*.c)
	foreach(source ${found})
		get_filename_component(name ${source} NAME_WE)
		string(REPLACE "fuzz_" "" noun ${name})
		add_executable(${name} ${source})
		target_link_libraries(${name} PRIVATE ${lib})
		set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
		if(SAKER_LIBFUZZER)
			target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		else()
			target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tools/fuzz_main.c)
			add_test(NAME ${name}
				COMMAND ${name} ${CMAKE_SOURCE_DIR}/testdata/fuzz/${noun})
			set_tests_properties(${name} PROPERTIES LABELS fuzz ENVIRONMENT "${test_env}")
		endif()
	endforeach()
endfunction()

if(SAKER_UNIT_TESTS AND TARGET PkgConfig::cmocka)
	saker_unit_tests(format/tests saker_format)
	saker_unit_tests(engine/tests saker_engine)
	saker_unit_tests(capture/tests "saker_capture;saker_engine") # also what the state makes of it
	saker_unit_tests(replay/tests saker_replay)
	saker_unit_tests(tools/tests saker_tools)
	saker_unit_tests(capture/rec/tests saker_rec)
endif()
if(TARGET test_damage)
	add_test(NAME damage_everywhere COMMAND test_damage WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	set_tests_properties(damage_everywhere PROPERTIES LABELS slow
		ENVIRONMENT "${test_env};SAKER_FLIPS=10000")
endif()
if(SAKER_UNIT_TESTS)
	saker_fuzz_targets(format/fuzz saker_format)
	saker_fuzz_targets(engine/fuzz saker_engine)
	saker_fuzz_targets(capture/fuzz saker_capture)
endif()

# The driver and the running kernel; linked statically, the driver and other kernels in an emulator.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/drivers/tests/*.c)
add_executable(driver_test ${sources})
target_link_libraries(driver_test PRIVATE saker_capture)
target_compile_definitions(driver_test PRIVATE _GNU_SOURCE)
set_target_properties(driver_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME driver COMMAND driver_test)
set_tests_properties(driver PROPERTIES LABELS kernel ENVIRONMENT "${test_env}" SKIP_RETURN_CODE 77
	RUN_SERIAL ON)
find_library(SAKER_STATIC_ELF libelf.a)
find_library(SAKER_STATIC_BPF libbpf.a)
if(SAKER_BPF AND SAKER_STATIC_ELF AND SAKER_STATIC_BPF AND NOT SAKER_SANITIZE)
	# A driver and its test in one static program, for other kernels of x86_64.
	function(saker_guest_program name)
		add_executable(${name} ${ARGN})
		add_dependencies(${name} saker_capture saker_format)
		target_link_libraries(${name} PRIVATE saker_flags -static
			$<TARGET_FILE:saker_capture> $<TARGET_FILE:saker_format> ${SAKER_STATIC_BPF}
			${SAKER_STATIC_ELF} -lz -lzstd)
		target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
		set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	endfunction()
	saker_guest_program(driver_test_static ${sources})
	# The module in bad company: a program that does to it what nobody should.
	file(GLOB torture CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/drivers/tests/kmod/*.c)
	saker_guest_program(kmod_torture ${torture})
	foreach(kernel "6.1.0-*-cloud-amd64" "6.12.*+deb12-cloud-amd64")
		string(REGEX MATCH "^6\\.[0-9]+" version ${kernel})
		add_test(NAME driver_${version} COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/guest.sh
			-k ${kernel} driver_test_static $<TARGET_FILE:driver_test_static>)
		set_tests_properties(driver_${version} PROPERTIES LABELS kernel SKIP_RETURN_CODE 77
			TIMEOUT 400)
		add_test(NAME kmod_driver_${version} COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/kmod_guest.sh
			-k ${kernel} "driver_test_static kmod" $<TARGET_FILE:driver_test_static>)
		add_test(NAME kmod_torture_${version} COMMAND
			${CMAKE_SOURCE_DIR}/tools/tests/kmod_guest.sh -k ${kernel}
			"kmod_torture saker.ko device pointers loss hostile"
			$<TARGET_FILE:kmod_torture>)
		add_test(NAME kmod_races_${version} COMMAND
			${CMAKE_SOURCE_DIR}/tools/tests/kmod_guest.sh -k ${kernel}
			"kmod_torture saker.ko races" $<TARGET_FILE:kmod_torture>)
		add_test(NAME kmod_life_${version} COMMAND
			${CMAKE_SOURCE_DIR}/tools/tests/kmod_guest.sh -k ${kernel}
			"kmod_torture saker.ko life" $<TARGET_FILE:kmod_torture>)
		set_tests_properties(kmod_driver_${version} kmod_torture_${version}
			kmod_races_${version} kmod_life_${version} PROPERTIES
			LABELS kernel SKIP_RETURN_CODE 77 TIMEOUT 400)
		set_tests_properties(kmod_races_${version} PROPERTIES ENVIRONMENT GUEST_THREADS=multi)
	endforeach()
	add_test(NAME kmod_cost COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/kmod_guest.sh
		-k "6.12.*+deb12-cloud-amd64" "kmod_torture saker.ko cost" $<TARGET_FILE:kmod_torture>)
	set_tests_properties(kmod_cost PROPERTIES LABELS kernel SKIP_RETURN_CODE 77 TIMEOUT 400
		ENVIRONMENT "GUEST_QEMU=-icount shift=0")
	set_tests_properties(kmod_life_6.1 PROPERTIES LABELS long) # one kernel's minute will do

	# Both drivers over the same: the cases again, and what a shell does.
	list(FILTER sources EXCLUDE REGEX main\\.c$)
	saker_guest_program(driver_twins drivers/tests/twins/main.c ${sources})
	add_test(NAME kmod_twins COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/kmod_guest.sh
		-k "6.12.*+deb12-cloud-amd64" "driver_twins 'sh twins.sh'" $<TARGET_FILE:driver_twins>
		${CMAKE_SOURCE_DIR}/drivers/tests/twins/twins.sh)
	set_tests_properties(kmod_twins PROPERTIES LABELS kernel SKIP_RETURN_CODE 77 TIMEOUT 400)
endif()

if(SAKER_BPF)
	add_test(NAME kmod_same COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/kmod_same_test.py)
	set_tests_properties(kmod_same PROPERTIES LABELS kernel ENVIRONMENT "${test_env}"
		SKIP_RETURN_CODE 77 TIMEOUT 400)
endif()

# Does the module compile for kernels that others run?
add_test(NAME kmod_compile COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/kmod_compile.sh)
set_tests_properties(kmod_compile PROPERTIES LABELS kernel SKIP_RETURN_CODE 77 TIMEOUT 600)

# The module and its tests on another processor.
add_test(NAME kmod_arm64 COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/kmod_arm64.sh)
set_tests_properties(kmod_arm64 PROPERTIES LABELS kernel SKIP_RETURN_CODE 77 TIMEOUT 400)

# rec with a driver that plays a trace: what is right of the driver, without a kernel's help.
add_executable(rec_fake capture/rec/main.c capture/rec/tests/fake_driver.c)
target_link_libraries(rec_fake PRIVATE saker_rec)
set_target_properties(rec_fake PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/testdata/cli/*/cmd)
foreach(cmd ${found})
	get_filename_component(dir ${cmd} DIRECTORY)
	get_filename_component(name ${dir} NAME)
	add_test(NAME cli_${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/tests/cli_run.sh ${dir})
	set_tests_properties(cli_${name} PROPERTIES LABELS cli ENVIRONMENT "${test_env}"
		SKIP_RETURN_CODE 77)
endforeach()

file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/tests/conformance_*.py)
foreach(script ${found})
	get_filename_component(name ${script} NAME_WE)
	add_test(NAME ${name} COMMAND python3 ${script})
	set_tests_properties(${name} PROPERTIES LABELS conformance ENVIRONMENT "${test_env}"
		SKIP_RETURN_CODE 77)
endforeach()

# What our own rules must answer.
add_test(NAME rules COMMAND ruletest run --no-cache rules WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(rules PROPERTIES LABELS cli ENVIRONMENT "${test_env}")

add_test(NAME rec COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/rec_test.py)
set_tests_properties(rec PROPERTIES LABELS recorder ENVIRONMENT "${test_env}" SKIP_RETURN_CODE 77)

add_test(NAME rec_live COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/rec_live_test.py)
set_tests_properties(rec_live PROPERTIES LABELS live ENVIRONMENT "${test_env}" SKIP_RETURN_CODE 77
	RUN_SERIAL TRUE TIMEOUT 600)

add_test(NAME record COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/record_test.py)
set_tests_properties(record PROPERTIES LABELS recorder ENVIRONMENT "${test_env}" SKIP_RETURN_CODE 77)

add_test(NAME docs COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/docs_test.py)
set_tests_properties(docs PROPERTIES LABELS cli ENVIRONMENT "${test_env}" SKIP_RETURN_CODE 77)

add_test(NAME confined COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/confine_test.py)
set_tests_properties(confined PROPERTIES LABELS cli ENVIRONMENT "${test_env}" SKIP_RETURN_CODE 77)

add_test(NAME layers COMMAND ${CMAKE_SOURCE_DIR}/tools/check_layers.sh)
set_tests_properties(layers PROPERTIES LABELS layers)

# Recordings of what the kernel did, against what the programs know that they did.
add_executable(storm ${CMAKE_SOURCE_DIR}/testdata/scenarios/storm.c)
target_link_libraries(storm PRIVATE Threads::Threads)
add_executable(storm_check ${CMAKE_SOURCE_DIR}/tools/tests/storm_check.c)
target_link_libraries(storm_check PRIVATE saker_engine)
add_executable(churn ${CMAKE_SOURCE_DIR}/testdata/scenarios/churn.c)
add_executable(state_check ${CMAKE_SOURCE_DIR}/tools/tests/state_check.c)
target_link_libraries(state_check PRIVATE saker_engine saker_capture)
set_target_properties(storm storm_check churn state_check PROPERTIES
	RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(name storm scenario container churn)
	add_test(NAME ${name} COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/tests/${name}_test.py)
	set_tests_properties(${name} PROPERTIES LABELS live ENVIRONMENT "${test_env}"
		SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endforeach()
